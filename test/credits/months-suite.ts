import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Credits } from '#credits';
import { formatMoney, silentLog, systemClock } from '#kernel';
import type { Storage } from '#storage';
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
      expect(await partitionOf(completion)).toBe(partitionName(longAgo));
      await tidy(monthAgo(1));
      expect(await partitionOf(completion)).toBe(partitionName(longAgo));
      await tidy(monthAgo(0));
      expect(await partitionOf(completion)).toBe('none');
      expect(await spentByKey()).toBe('1');
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -1 → 9');
    });

    // The embedded database takes one statement at a time, and has one node.
    if (kind === 'server') {
      test('who reads while a month gets its partition finds what is moved into it', async () => {
        const longAgo = monthAgo(3);
        const completion = await charge(longAgo);
        const waiting = () =>
          storage.query(`SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'`);
        let found: unknown;
        await storage.write(async (tx) => {
          const month = new Date(longAgo);
          await tx.$queryRaw`SELECT completion_partition_open(${month}::timestamptz)`;
          found = partitionOf(completion);
          await expect.poll(waiting).toHaveLength(1);
        });
        expect(await found).toBe(partitionName(longAgo));
      });

      test('nodes that drop a month at once drop it once', async () => {
        const longAgo = monthAgo(15);
        const completion = await charge(longAgo);
        await tidy(longAgo);
        await Promise.all(Array.from({ length: 5 }, () => tidy(monthAgo(0))));
        expect(await partitionOf(completion)).toBe('none');
        expect(await spentByKey()).toBe('1');
      });
    }
  });
}
