import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Credits, LedgerDatabase } from '#credits';
import type { Storage } from '#storage';
import { accountId } from '../../src/credits/leases/lease.ts';
import { freshDatabase } from '../harness/databases.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { breakable } from './breakable.ts';
import {
  balanceOf,
  credit,
  dollars,
  newCompletion,
  openNode,
  organization,
  recordOf,
  spend,
  violations,
} from './node.ts';

interface Node {
  readonly name: string;
  readonly credits: Credits;
  readonly path: ReturnType<typeof breakable>;
  readonly dataDir: string;
}

describe('two nodes that hear each other, and a minute without a database', () => {
  let storage: Storage;
  let clock: VirtualClock;
  let nodes: Node[] = [];
  let acme: string;
  /** What nodes say of themselves is lost. */
  let unheard = false;

  beforeAll(async () => {
    storage = await freshDatabase('server');
  }, 60_000);
  beforeEach(async () => {
    clock = virtualClock();
    acme = await organization(storage, 1_000);
    nodes = [];
    for (const name of ['a', 'b']) nodes.push(await start(name));
    for (const node of nodes) await (await ask(node, 300)).end(null);
  });
  afterEach(async () => {
    for (const { credits, dataDir } of nodes) {
      await meanwhile(credits.close());
      await rm(dataDir, { recursive: true, force: true });
    }
    expect(await violations(storage)).toEqual([]);
  });
  afterAll(() => storage.close());

  /** The database has the time of the test. */
  const inTime =
    (query: LedgerDatabase['query']): LedgerDatabase['query'] =>
    async <T extends object>(sql: string, parameters?: readonly unknown[]) => {
      const rows = await query<T>(sql, parameters);
      const told = { database_time: new Date(clock.now()) };
      return rows.map((row) => ('database_time' in row ? { ...row, ...told } : row));
    };
  const start = async (name: string): Promise<Node> => {
    const path = breakable(storage);
    const dataDir = await mkdtemp(join(tmpdir(), 'bourse-credits-'));
    const others = () => nodes.filter((node) => node.name !== name);
    const credits = await openNode(storage, {
      ...{ storage: { ...path.storage, query: inTime(path.storage.query) }, clock, dataDir },
      say(heartbeat) {
        if (unheard) return;
        for (const other of others()) other.credits.heard(heartbeat);
      },
      recall(account) {
        for (const other of others()) other.credits.recalled(account);
      },
    });
    return { name, credits, path, dataDir };
  };
  const ask = ({ credits }: Node, amount: number) =>
    credits.admit({
      completion: newCompletion(credits.session, clock),
      targets: [credit(acme)],
      amount: dollars(amount),
    });
  /** Lets time pass in which a database that answers is quick. */
  const pass = async (ms: number) => {
    for (const untilMs = clock.monotonic() + ms; clock.monotonic() < untilMs; ) {
      await Promise.all(nodes.map(({ path }) => path.idle()));
      await clock.advance(1);
    }
  };
  /** Lets it pass until `promise` is settled. */
  const meanwhile = async <T>(promise: Promise<T>): Promise<T> => {
    let settled = false;
    const done = promise.finally(() => {
      settled = true;
    });
    done.catch(() => undefined);
    while (!settled) await pass(1);
    return done;
  };
  /** A completion of one dollar, to its acknowledgement. */
  const complete = async (node: Node): Promise<string> => {
    const hold = await ask(node, 2);
    await hold.end(recordOf(hold.completion, acme, 1));
    return hold.completion;
  };
  /** A minute of one completion after the other: what was acknowledged, and when asked. */
  const load = async (on: readonly Node[]) => {
    const acknowledged: string[] = [];
    const [admittedAt, refusedAt]: [number[], number[]] = [[], []];
    const beganMs = clock.monotonic();
    while (clock.monotonic() - beganMs < 60_000) {
      for (const node of on) {
        const askedAt = (clock.monotonic() - beganMs) / 1_000;
        await meanwhile(complete(node)).then(
          (completion) => {
            acknowledged.push(completion);
            admittedAt.push(askedAt);
          },
          () => refusedAt.push(askedAt),
        );
      }
      await pass(500);
    }
    return { acknowledged, admittedAt, refusedAt };
  };
  const posted = (completions: readonly string[]) =>
    storage.query<{ id: string; charged: bigint; waived: bigint }>(
      'SELECT id, charged, waived FROM completion WHERE id = ANY ($1) ORDER BY id',
      [completions],
    );
  const sum = (amounts: readonly bigint[]) => amounts.reduce((total, each) => total + each, 0n);

  test('§2 away for all: they go on within their leases, and the catch-up is exact', async () => {
    const loss = await balanceOf(storage, 'platform:late-loss');
    const sessions = nodes.map(({ credits }) => credits.session);
    for (const { path } of nodes) path.fail();
    const { acknowledged, refusedAt } = await load(nodes);
    expect(refusedAt).toEqual([]);
    expect(acknowledged.length).toBeGreaterThan(20);
    for (const { path } of nodes) path.heal();
    for (const { credits } of nodes) await meanwhile(credits.flush());
    const rows = await posted(acknowledged);
    expect(rows.map(({ id }) => id)).toEqual([...acknowledged].sort());
    expect(rows.every(({ charged }) => charged === dollars(1))).toBe(true);
    await pass(1_100); // What a node holds it says with each renewal.
    const [node] = nodes as [Node];
    const account = await meanwhile(node.credits.account(acme));
    expect([account.balance, account.held]).toEqual([dollars(1_000 - acknowledged.length), 0n]);
    expect(await balanceOf(storage, 'platform:late-loss')).toBe(loss);
    expect(nodes.map(({ credits }) => credits.session)).toEqual(sessions);
  });

  test('who does not know yet that it is away for all waits until the others say so', async () => {
    const [a] = nodes as [Node, Node];
    for (const { path } of nodes) path.fail();
    unheard = true;
    await pass(750);
    const asked = ask(a, 2);
    await pass(1);
    unheard = false;
    await (await meanwhile(asked)).end(null);
    for (const { path } of nodes) path.heal();
  });

  test('away for one alone: it stops after 45 s, all it said is charged or waived', async () => {
    const [a, b] = nodes as [Node, Node];
    const loss = dollars(await balanceOf(storage, 'platform:late-loss'));
    const lost = a.credits.session;
    a.path.fail();
    const { acknowledged, admittedAt, refusedAt } = await load([a]);
    expect(admittedAt.at(-1)).toBeLessThanOrEqual(45);
    expect(refusedAt[0]).toBeGreaterThan(43);
    expect([a, b].map(({ credits }) => credits.confirmed)).toEqual([false, true]);
    expect(acknowledged.length).toBeGreaterThan(20);
    // The others end its session, free its lease, and nearly all that it had is spent by them.
    await storage.query(`WITH ticked AS (UPDATE clock SET tick = tick + 60 RETURNING tick)
      UPDATE node_session SET renewed_tick = ticked.tick FROM ticked WHERE id <> ${lost}`);
    await expect
      .poll(() => storage.query('SELECT session_reap() AS dead'))
      .toEqual([{ dead: lost }]);
    await meanwhile(spend(b.credits, acme, 980));
    await meanwhile(b.credits.flush());
    b.credits.recalled(accountId(acme));
    await pass(10);
    a.path.heal();
    await meanwhile(a.credits.flush());
    expect(a.credits.session).not.toBe(lost);
    expect(a.credits.confirmed).toBe(true);
    const rows = await posted(acknowledged);
    expect(rows.map(({ id }) => id)).toEqual([...acknowledged].sort());
    expect(rows.every((row) => row.charged + row.waived === dollars(1))).toBe(true);
    expect(sum(rows.map(({ charged }) => charged))).toBe(dollars(20));
    const waived = sum(rows.map((row) => row.waived));
    expect(waived).toBe(dollars(acknowledged.length - 20));
    expect(loss - dollars(await balanceOf(storage, 'platform:late-loss'))).toBe(waived);
    expect((await meanwhile(a.credits.account(acme))).balance).toBe(0n);
  });
});
