import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Credits, CreditsOptions } from '#credits';
import { formatMoney } from '#kernel';
import type { Storage } from '#storage';
import { freshDatabase } from '../harness/databases.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { breakable } from './breakable.ts';
import {
  balanceOf,
  credit,
  dollars,
  ledgerOf,
  newCompletion,
  openNode,
  organization,
  recordOf,
  spend,
  violations,
} from './node.ts';

describe('several nodes on one database', () => {
  let storage: Storage;
  let nodes: Credits[] = [];

  beforeAll(async () => {
    storage = await freshDatabase('server');
  }, 60_000);
  afterEach(async () => {
    for (const node of nodes) await node.close();
    nodes = [];
    expect(await violations(storage)).toEqual([]);
  });
  afterAll(() => storage.close());

  const start = async (given: Partial<CreditsOptions> = {}) => {
    const node = await openNode(storage, given);
    nodes.push(node);
    return node;
  };
  const pair = async (given: Partial<CreditsOptions> = {}) => {
    const recall = (account: string) => {
      for (const node of nodes) node.recalled(account);
    };
    return [await start({ recall, ...given }), await start({ recall, ...given })] as const;
  };
  const ask = (node: Credits, organizationId: string, amount: number) =>
    node.admit({
      completion: newCompletion(node.session),
      targets: [credit(organizationId)],
      amount: dollars(amount),
    });
  const shown = async (node: Credits, organizationId: string) => {
    const { balance, held, available } = await node.account(organizationId);
    return [balance, held, available].map(formatMoney).join(' ');
  };
  /** Lets every other session renew and this one not, for longer than a session lives. */
  const outlive = (session: number) =>
    storage.query(`WITH ticked AS (UPDATE clock SET tick = tick + 60 RETURNING tick)
      UPDATE node_session SET renewed_tick = ticked.tick FROM ticked WHERE id <> ${session}`);

  test('§28 with credit for seven, two nodes admit at most seven of five hundred', async () => {
    const acme = await organization(storage, 7);
    const [a, b] = await pair();
    const answers = await Promise.allSettled(
      Array.from({ length: 500 }, (_, n) => ask(n % 2 ? a : b, acme, 1)),
    );
    const holds = answers.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(holds.length).toBeGreaterThan(0);
    expect(holds.length).toBeLessThanOrEqual(7);
    for (const hold of holds) await hold.end(recordOf(hold.completion, acme, 1));
    expect(await shown(a, acme)).toBe(`${7 - holds.length} 0 ${7 - holds.length}`);
  });

  test('§16 what is idle in another node is recalled instead of refused', async () => {
    const acme = await organization(storage, 10);
    const [a, b] = await pair();
    await spend(a, acme, 1);
    await (await ask(a, acme, 9)).end(null);
    const hold = await ask(b, acme, 8);
    await hold.end(recordOf(hold.completion, acme, 8));
    expect(await shown(b, acme)).toBe('1 0 1');
  });

  test('what another node leased and does not hold is UNAVAILABLE, not missing', async () => {
    const acme = await organization(storage, 10);
    const [a, b] = await pair({ recall: () => undefined });
    await (await ask(a, acme, 9)).end(null);
    await expect(ask(b, acme, 9)).rejects.toMatchObject({
      code: 'UNAVAILABLE',
      public: expect.stringContaining('set aside at another node'),
      retryAfterMs: 1_000,
    });
  });

  test('any node reads what another has acknowledged and not yet posted', async () => {
    const acme = await organization(storage, 10);
    const clock = virtualClock();
    const a = await start({ clock });
    const b = await start();
    await spend(a, acme, 3);
    expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10');
    expect(formatMoney((await b.account(acme)).balance)).toBe('7');
    const second = spend(a, acme, 3);
    await clock.advance(3);
    await second;
    await a.flush();
    expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -3 → 7\nUSAGE -3 → 4');
    expect(await shown(a, acme)).toBe('4 0 4');
  });

  test('a node that was taken for dead goes on in a new session and charges', async () => {
    const acme = await organization(storage, 10);
    const loss = await balanceOf(storage, 'platform:late-loss');
    const [a, b] = await pair();
    const hold = await ask(a, acme, 4);
    const other = await ask(a, acme, 2);
    const before = a.session;
    await outlive(before);
    await storage.query('SELECT session_reap()');
    await hold.end(recordOf(hold.completion, acme, 3));
    await a.flush();
    expect(a.session).not.toBe(before);
    expect(await shown(a, acme)).toBe('7 2 5');
    await expect.poll(() => other.extend(dollars(1))).toBe(true);
    await other.end(recordOf(other.completion, acme, 3));
    expect(await shown(b, acme)).toMatch(/^4 /);
    expect(await balanceOf(storage, 'platform:late-loss')).toBe(loss);
  });

  test('§1 what a node taken for dead can no longer cover is paid by the platform', async () => {
    const acme = await organization(storage, 10);
    const b = await start();
    const path = breakable(storage);
    const a = await start({ storage: path.storage });
    const hold = await ask(a, acme, 8);
    path.fail();
    await outlive(a.session);
    await storage.query('SELECT session_reap()');
    await spend(b, acme, 9);
    path.heal();
    await hold.end(recordOf(hold.completion, acme, 8));
    await a.flush();
    expect(hold.extend(1n)).toBe(false);
    expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -9 → 1');
    expect(await balanceOf(storage, 'platform:late-loss')).toBe('-8');
  });

  /** A node whose machine can be put to sleep: one of its clocks does not count that. */
  const sleeper = async () => {
    const awake = virtualClock();
    let sleptMs = 0;
    const node = await start({ clock: { ...awake, now: () => awake.now() + sleptMs } });
    const sleepWhile = async (whatHappens: () => Promise<unknown>) => {
      await node.flush();
      await outlive(node.session);
      // A session that is just being granted something is left for the next time.
      const reap = 'SELECT session_reap() AS dead';
      await expect.poll(() => storage.query(reap)).toEqual([{ dead: node.session }]);
      await whatHappens();
      sleptMs += 90_000;
    };
    return { node, sleepWhile };
  };

  test('§27 a node that slept asks before it sends: its money is leased anew', async () => {
    const acme = await organization(storage, 10);
    await start();
    const { node, sleepWhile } = await sleeper();
    const hold = await ask(node, acme, 4);
    expect(await hold.covered()).toBe(true);
    const before = node.session;
    await sleepWhile(async () => undefined);
    expect(await hold.covered()).toBe(true);
    expect(node.session).not.toBe(before);
    await hold.end(null);
  });

  test('a node that slept while others spent its money sends nothing more on it', async () => {
    const acme = await organization(storage, 10);
    const other = await start();
    const { node, sleepWhile } = await sleeper();
    const hold = await ask(node, acme, 4);
    await sleepWhile(() => spend(other, acme, 9));
    expect(await hold.covered()).toBe(false);
    await hold.end(null);
  });

  test('a second node that the first cannot hear does not start', async () => {
    await start();
    await expect(openNode(storage, { shared: false })).rejects.toMatchObject({ code: 'CONFLICT' });
    expect(await storage.query(`SELECT FROM node_session WHERE state = 'LIVE'`)).toHaveLength(1);
  });

  test('a second start on one data directory is refused; the next closes the former', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'bourse-credits-'));
    const first = await openNode(storage, { dataDir });
    await expect(openNode(storage, { dataDir })).rejects.toMatchObject({ code: 'CONFLICT' });
    await first.close();
    const again = await openNode(storage, { dataDir });
    await again.close();
    await rm(dataDir, { recursive: true });
  });
});
