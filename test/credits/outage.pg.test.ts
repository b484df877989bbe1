import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Credits } from '#credits';
import { formatMoney } from '#kernel';
import type { Storage } from '#storage';
import { freshDatabase } from '../harness/databases.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { breakable } from './breakable.ts';
import {
  credit,
  dollars,
  ledgerOf,
  newCompletion,
  openNode,
  organization,
  recordOf,
  violations,
} from './node.ts';

describe('while the database does not answer', () => {
  let storage: Storage;
  let dataDir: string;
  let clock: VirtualClock;
  let path: ReturnType<typeof breakable>;
  let node: Credits;
  let acme: string;
  let log: ReturnType<typeof recordingLog>;

  beforeAll(async () => {
    storage = await freshDatabase('server');
  }, 60_000);
  beforeEach(async () => {
    acme = await organization(storage, 10);
    dataDir = await mkdtemp(join(tmpdir(), 'bourse-credits-'));
    clock = virtualClock();
    path = breakable(storage);
    log = recordingLog();
    node = await openNode(storage, { storage: path.storage, clock, dataDir, log });
    await (await ask(5)).end(null);
  });
  afterEach(async () => {
    expect(await violations(storage)).toEqual([]);
    await rm(dataDir, { recursive: true, force: true });
  });
  afterAll(() => storage.close());

  const ask = (amount: number) =>
    node.admit({
      completion: newCompletion(node.session, clock),
      targets: [credit(acme)],
      amount: dollars(amount),
    });
  /** Moves the clock in small steps until `promise` is settled; who answers is quick. */
  const meanwhile = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => undefined);
    while (!settled) {
      await path.idle();
      await clock.advance(1);
    }
    return done;
  };
  const pending = async () =>
    (await readdir(join(dataDir, 'settlement'))).filter((name) => name.endsWith('.journal'));

  test('§7 completions go on within the lease, acknowledged from a file after 250 ms', async () => {
    const hold = await ask(5);
    path.hang();
    let acknowledged = false;
    const ended = hold.end(recordOf(hold.completion, acme, 3)).then(() => {
      acknowledged = true;
    });
    await clock.advance(249);
    expect(acknowledged).toBe(false);
    await clock.advance(1);
    await ended;
    const second = await ask(2);
    const endedSoon = second.end(recordOf(second.completion, acme, 2));
    await clock.advance(3);
    await endedSoon;
    expect(await pending()).toHaveLength(1);
    path.heal();
    await meanwhile(node.flush());
    expect(await ledgerOf(storage, acme)).toMatch(/^GRANT 10 → 10\nUSAGE -3 → 7\nUSAGE -2 → 5$/);
    await meanwhile(node.close());
    expect(await pending()).toEqual([]);
  });

  test('what waited through an outage follows in few statements, each charge once', async () => {
    path.fail();
    const holds = await Promise.all(Array.from({ length: 5 }, () => ask(1)));
    for (const hold of holds) await meanwhile(hold.end(recordOf(hold.completion, acme, 1)));
    let appended = 0;
    path.seen((sql) => {
      if (sql.includes('journal_append')) appended++;
    });
    path.heal();
    await meanwhile(node.flush());
    expect(appended).toBe(1);
    expect(await ledgerOf(storage, acme)).toMatch(/(USAGE -1 → \d\n?){5}$/);
    await meanwhile(node.close());
  });

  test('an operator is told once that it began, and once that it is over', async () => {
    path.fail();
    const hold = await ask(1);
    await meanwhile(hold.end(recordOf(hold.completion, acme, 1)));
    await clock.advance(10_000);
    path.heal();
    await clock.advance(1_000);
    await meanwhile(node.flush());
    expect(log.lines.map(({ level, message }) => `${level}: ${message}`).sort()).toEqual([
      'info: The session is renewed again.',
      'info: What waited is in the ledger.',
      'warn: Charges wait for the ledger; they are safe in the journal.',
      'warn: The journal table does not take records.',
      'warn: The session was not renewed.',
    ]);
    await meanwhile(node.close());
  });

  test('what the file has when the node dies is posted by its next start, once', async () => {
    const hold = await ask(5);
    path.fail();
    await meanwhile(hold.end(recordOf(hold.completion, acme, 3)));
    await meanwhile(node.close());
    expect(await pending()).toHaveLength(1);
    for (const _start of [1, 2]) {
      const next = await openNode(storage, { dataDir });
      expect(formatMoney((await next.account(acme)).available)).toBe('7');
      await next.close();
    }
    expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -3 → 7');
  });

  test('nothing is admitted beyond the lease, and the caller may try again', async () => {
    await node.account(acme);
    path.fail();
    await expect(meanwhile(ask(11))).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      retryable: true,
    });
    path.heal();
    await meanwhile(node.close());
  });

  test('who waits for a grant when it fails has what came free meanwhile', async () => {
    const first = await ask(5);
    path.hang();
    const waiting = ask(6);
    await clock.advance(1);
    await first.end(null);
    path.fail();
    const second = await meanwhile(waiting);
    path.heal();
    await meanwhile(second.end(null));
    await meanwhile(node.close());
  });

  test('a grant whose answer was lost is found again: no money is left behind', async () => {
    const globex = await organization(storage, 10);
    const request = () =>
      node.admit({
        completion: newCompletion(node.session, clock),
        targets: [credit(globex)],
        amount: dollars(4),
      });
    path.loseAnswers();
    await expect(meanwhile(request())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    path.heal();
    const hold = await meanwhile(request());
    await meanwhile(hold.end(null));
    await meanwhile(node.close());
    expect(await storage.query('SELECT FROM lease')).toEqual([]);
  });
});
