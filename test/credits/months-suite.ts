import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Credits } from '#credits';
import { formatMoney, silentLog, systemClock } from '#kernel';
import type { Storage } from '#storage';
import { journalBatch, journalRecord } from '../../src/credits/journal/journal-record.ts';
import { accountId } from '../../src/credits/leases/lease.ts';
import { auditLedger } from '../../src/credits/ledger/audit.ts';
import { ledgerStatements } from '../../src/credits/ledger/statements.ts';
import { tidyMonths } from '../../src/credits/usage/completion-months.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
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

/** The partitions of completions: what is moved, what is dropped, and who reads meanwhile. */
export function monthsSuite(kind: DatabaseKind): void {
  describe(`months of completions on ${kind}`, () => {
    let storage: Storage;
    let credits: Credits;
    let acme: string;

    beforeAll(async () => {
      storage = await freshDatabase(kind);
      credits = await openNode(storage);
    }, 90_000);
    afterAll(async () => {
      await credits.close();
      await storage.close();
    });
    beforeEach(async () => {
      acme = await organization(storage, 10);
    });
    afterEach(async () => expect(await violations(storage)).toEqual([]));

    const keyLimit = { creditLimit: dollars(100), limitPeriod: 'MONTHLY', limitNumber: 0 } as const;

    /** A dollar is charged to a key by a completion that began in the middle of a month. */
    const charge = async (month: number) => {
      const completion = newCompletion(credits.session, virtualClock(month));
      const key = { kind: 'API_KEY', id: `key_${acme}`, limit: dollars(100) } as const;
      const targets = [credit(acme), { ...key, period: 'MONTHLY', number: 0 } as const];
      const hold = await credits.admit({ completion, targets, amount: dollars(1) });
      const now = new Date(systemClock.now()).toISOString();
      const times = { createdAt: now, finishedAt: now };
      await hold.end(recordOf(completion, acme, 1, { ...times, apiKeyId: key.id }));
      await credits.flush();
      return completion;
    };
    const spentByKey = async () => {
      const { spent } = await credits.keySpend({ id: `key_${acme}`, ...keyLimit });
      return formatMoney(spent);
    };
    const carried = async () => {
      const sql = 'SELECT carried FROM allowance WHERE subject_id = $1';
      return (await storage.query<{ carried: bigint }>(sql, [`key_${acme}`]))[0]?.carried;
    };
    const monthAgo = (months: number) => {
      const now = new Date(systemClock.now());
      return Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - months, 15);
    };
    const tidy = (nowMs: number) =>
      tidyMonths({ storage, log: silentLog, clock: virtualClock(nowMs) });
    const partitionOf = async (completion: string) => {
      const sql = 'SELECT tableoid::regclass::text AS name FROM completion WHERE id = $1';
      return (await storage.query<{ name: string }>(sql, [completion]))[0]?.name ?? 'none';
    };
    const partitionName = (ms: number) =>
      `completion_${new Date(ms).toISOString().slice(0, 7).replace('-', '')}`;

    test('details are kept for 13 months, then dropped; the ledger and limits stay', async () => {
      const longAgo = monthAgo(14);
      const completion = await charge(longAgo);
      expect(await partitionOf(completion)).toBe('completion_rest');
      await tidy(longAgo);
      const next = await charge(longAgo);
      const places = async () => [await partitionOf(completion), await partitionOf(next)];
      const stay = ['completion_rest', partitionName(longAgo)];
      expect(await places()).toEqual(stay);
      await tidy(monthAgo(1));
      expect(await places()).toEqual(stay);
      await tidy(monthAgo(0));
      expect(await places()).toEqual(['none', 'none']);
      expect(await spentByKey()).toBe('2');
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -1 → 9\nUSAGE -1 → 8');
    });

    /** So many steps of two completions each: the partition, and what is carried then. */
    const steps = async (count: number) => {
      const taken = [];
      const kept = new Date(monthAgo(0));
      for (let step = 0; step < count; step++) {
        const sql = 'SELECT completion_partition_drop($1::timestamptz, 2) AS month';
        const [row] = await storage.query<{ month: string | null }>(sql, [kept]);
        taken.push([row?.month, await carried()]);
        expect(await violations(storage)).toEqual([]);
      }
      return taken;
    };

    test('what stands in the rest goes in steps, and the books balance after each', async () => {
      const longAgo = monthAgo(18);
      for (let completions = 0; completions < 3; completions++) await charge(longAgo);
      expect(await steps(2)).toEqual([
        ['completion_rest', dollars(2)],
        ['completion_rest', dollars(3)],
      ]);
      expect(await spentByKey()).toBe('3');
    });

    test('a month goes in steps, and its books balance after each', async () => {
      const longAgo = monthAgo(16);
      await tidy(longAgo);
      for (let completions = 0; completions < 3; completions++) await charge(longAgo);
      const month = partitionName(longAgo);
      const [none, two, all] = [0n, dollars(2), dollars(3)];
      expect(await steps(4)).toEqual([
        [month, none],
        [month, two],
        [month, all],
        [month, all],
      ]);
      await tidy(monthAgo(0));
      expect(await carried()).toBe(all);
      expect(await spentByKey()).toBe('3');
    });

    test('what came late is still explained when its month is gone', async () => {
      const statements = ledgerStatements(storage);
      const session = await statements.openSession('a node that is gone');
      await statements.closeSession(session);
      const longAgo = monthAgo(17);
      const late = recordOf(newCompletion(session, virtualClock(longAgo)), acme, 20);
      await statements.postLate(session, journalBatch([journalRecord(late, accountId(acme), [])]));
      expect(await violations(storage)).toEqual([]);
      await tidy(longAgo);
      await tidy(monthAgo(0));
      expect(await partitionOf(late.completion)).toBe('none');
    });

    test('a node whose clock is years ahead drops nothing that is kept', async () => {
      const month = monthAgo(12);
      await tidy(month);
      const completion = await charge(month);
      await tidy(monthAgo(-36));
      expect(await partitionOf(completion)).toBe(partitionName(month));
    });

    // The embedded database takes one statement at a time, and has one node.
    if (kind === 'server') {
      const waiting = () =>
        storage.query(`SELECT 1 FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event = 'relation'`);

      test('the audit ends when a month is dropped while it looks at it', async () => {
        const longAgo = monthAgo(15);
        await tidy(longAgo);
        await charge(longAgo);
        await steps(2);
        let dropped = false;
        const query: Storage['query'] = async (sql, parameters) => {
          if (dropped || !sql.includes('completion_uncarried()'))
            return storage.query(sql, parameters);
          dropped = true;
          let asked: Promise<never[]> = Promise.resolve([]);
          await storage.write(async (tx) => {
            const kept = new Date(monthAgo(0));
            await tx.$queryRaw`SELECT completion_partition_drop(${kept}::timestamptz)`;
            asked = storage.query(sql, parameters);
            asked.catch(() => {}); // the audit hears of it
            await expect.poll(waiting).toHaveLength(1);
          });
          return asked;
        };
        for await (const { holds } of auditLedger({ query })) expect(holds).toBe(true);
        expect(dropped).toBe(true);
      });

      test.each([
        { standing: 1, of: 3 },
        { standing: 0, of: 4 },
      ])(
        'who posts while a month gets its partition finds the place: $standing before',
        async ({ standing, of }) => {
          const longAgo = monthAgo(of);
          const before = standing > 0 ? await charge(longAgo) : null;
          let meanwhile: Promise<string> | undefined;
          await storage.write(async (tx) => {
            const month = new Date(longAgo);
            await tx.$queryRaw`SELECT completion_partition_open(${month}::timestamptz)`;
            meanwhile = charge(longAgo);
            await expect.poll(waiting).toHaveLength(1);
          });
          const next = await meanwhile;
          if (before) expect(await partitionOf(before)).toBe('completion_rest');
          expect(await partitionOf(next ?? '')).toBe(partitionName(longAgo));
          expect(await storage.query('SELECT id FROM quarantine')).toEqual([]);
          expect(await spentByKey()).toBe(`${standing + 1}`);
        },
      );

      test('nodes that drop a month at once drop it once', async () => {
        const longAgo = monthAgo(15);
        await tidy(longAgo);
        const completion = await charge(longAgo);
        await Promise.all(Array.from({ length: 5 }, () => tidy(monthAgo(0))));
        expect(await partitionOf(completion)).toBe('none');
        expect(await spentByKey()).toBe('1');
      });
    }
  });
}
