import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SettlementRecord } from '#credits';
import type { Storage, Transaction } from '#storage';
import { journalBatch, journalRecord } from '../../src/credits/journal/journal-record.ts';
import { accountId } from '../../src/credits/leases/lease.ts';
import type { GrantTarget, LeaseTarget } from '../../src/credits/ledger/lease-statements.ts';
import { toJson } from '../../src/credits/ledger/ledger-database.ts';
import { ledgerStatements, type Statements } from '../../src/credits/ledger/statements.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { dollars, newCompletion, organization, recordOf, violations } from './node.ts';

/** Which limit counts what, by the functions of either database. */
export function countingSuite(kind: DatabaseKind): void {
  describe(`what limits count on ${kind}`, () => {
    let storage: Storage;
    let statements: Statements;
    let acme: string;
    let session: number;

    beforeAll(async () => {
      storage = await freshDatabase(kind);
      statements = ledgerStatements(storage);
      session = await statements.openSession('a node');
    }, 60_000);
    afterAll(() => storage.close());
    beforeEach(async () => {
      acme = await organization(storage, 10);
    });
    afterEach(async () => expect(await violations(storage)).toEqual([]));

    const ofCredits = (amount: number): GrantTarget => ({
      ...{ kind: 'ACCOUNT', target: accountId(acme), account: accountId(acme) },
      ...{ min: dollars(amount), want: dollars(amount), limit: null },
      ...{ subject: null, subjectId: null, number: 0, periodStart: null },
    });
    const ofKey = (
      amount: number,
      limit: number,
      { periodStart = new Date(0), number = 0 } = {},
    ): GrantTarget => ({
      ...{ kind: 'ALLOWANCE', target: `alw_${acme}_${number}_${periodStart.getTime()}` },
      ...{ min: dollars(amount), want: dollars(amount), limit: dollars(limit) },
      ...{ account: accountId(acme), subject: 'API_KEY', subjectId: `key_${acme}` },
      ...{ number, periodStart },
    });
    const ofMember = (amount: number, limit: number): GrantTarget => ({
      ...ofKey(amount, limit),
      ...{ target: `alw_mbr_${acme}`, subject: 'MEMBER', subjectId: `mbr_${acme}` },
    });
    const json = (records: readonly SettlementRecord[], allowances: readonly LeaseTarget[] = []) =>
      journalBatch(records.map((record) => journalRecord(record, accountId(acme), allowances)));
    const spent = (tokens: number, given: Partial<SettlementRecord> = {}) =>
      recordOf(newCompletion(session), acme, tokens, given);
    /** In the order in which its limits began, and their periods. */
    const spentOf = async ({ subjectId }: GrantTarget) => {
      const sql = 'SELECT spent FROM allowance WHERE subject_id = $1 ORDER BY number, period_start';
      const rows = await storage.query<{ spent: bigint }>(sql, [subjectId]);
      return rows.map((row) => BigInt(row.spent));
    };

    test('§15 a hold settles on the row of the period in which it was admitted', async () => {
      const [january, february] = [new Date('2026-01-01'), new Date('2026-02-01')];
      const before = ofKey(2, 5, { periodStart: january });
      await statements.grant(session, [ofCredits(4), before]);
      await statements.grant(session, [ofKey(2, 5, { periodStart: february })]);
      await statements.post({ session, records: json([spent(2)], [before]), held: [] });
      expect(await spentOf(before)).toEqual([dollars(2), 0n]);
    });

    test('§15 what one period admitted counts in no other, whenever that begins', async () => {
      const [january, february] = [new Date('2026-01-01'), new Date('2026-02-01')];
      const before = ofKey(2, 5, { periodStart: january });
      await statements.grant(session, [ofCredits(4), before]);
      const late = { apiKeyId: before.subjectId, finishedAt: '2026-02-01T00:00:01.000Z' };
      await statements.post({ session, records: json([spent(2, late)], [before]), held: [] });
      await statements.grant(session, [ofKey(5, 5, { periodStart: february })]);
      expect(await spentOf(before)).toEqual([dollars(2), 0n]);
    });

    test('what ran when a limit began counts, and what is leased of it comes back', async () => {
      const apiKeyId = `key_${acme}`;
      await statements.grant(session, [ofCredits(9), ofKey(2, 9)]);
      const second = ofKey(1, 5, { number: 1 });
      await statements.grant(session, [second]);
      const ended = json([spent(2, { apiKeyId })], [ofKey(2, 9)]);
      await statements.post({ session, records: ended, held: [] });
      const free = json([spent(1, { apiKeyId })]);
      await statements.post({ session, records: free, held: [] });
      await statements.post({ session, records: free, held: [] });
      expect(await spentOf(second)).toEqual([dollars(2), dollars(3)]);
      const { recalls } = await statements.renew({ session, ackChange: 0n, held: [] });
      expect(recalls).toEqual([{ kind: 'ALLOWANCE', target: second.target }]);
      await statements.giveBack(session, { ...second, amount: dollars(5) });
      const [left] = await statements.grant(session, [ofKey(3, 5, { number: 1 })]);
      expect(left).toMatchObject({ granted: 0n, available: dollars(2) });
    });

    test('what ran without a limit counts in the period of it that runs', async () => {
      const periods = ['2026-01-01', '2026-02-01'].map((start) => new Date(start));
      const keys = periods.map((periodStart) => ofKey(0, 5, { periodStart }));
      for (const key of keys) await statements.grant(session, [ofCredits(4), key]);
      const free = spent(2, { apiKeyId: `key_${acme}` });
      await statements.post({ session, records: json([free]), held: [] });
      expect(await spentOf(ofKey(0, 5))).toEqual([0n, dollars(2)]);
    });

    test("a key's limit and its member's count each for themselves", async () => {
      const [key, member] = [ofKey(1, 9), ofMember(1, 9)];
      const ids = { apiKeyId: key.subjectId, membershipId: member.subjectId };
      await statements.grant(session, [ofCredits(4), key, member]);
      await statements.post({ session, records: json([spent(2, ids)], [key]), held: [] });
      await statements.post({ session, records: json([spent(1, ids)], [member]), held: [] });
      expect([await spentOf(key), await spentOf(member)]).toEqual([[dollars(3)], [dollars(3)]]);
    });

    test.each<[string, (own: number, records: string) => Promise<unknown>]>([
      ['handed over', (own, records) => statements.post({ session: own, records, held: [] })],
      [
        'in the journal',
        async (own, records) => {
          await statements.append(own, [{ n: 1, records }]);
          await statements.postJournal({ session: own, rows: 9, held: [] });
        },
      ],
      [
        'in the journal of a session that ends',
        async (own, records) => {
          await statements.append(own, [{ n: 1, records }]);
          await statements.closeSession(own);
        },
      ],
      [
        'late',
        async (own, records) => {
          await statements.closeSession(own);
          await statements.postLate(own, records);
        },
      ],
    ])('what ran when a limit began counts when its record is %s', async (_, post) => {
      const key = ofKey(1, 5);
      const own = await statements.openSession('another node');
      await statements.grant(own, [ofCredits(4)]);
      await statements.grant(session, [key]);
      await post(own, json([spent(2, { apiKeyId: key.subjectId })]));
      expect(await spentOf(key)).toEqual([dollars(2)]);
      await statements.closeSession(own);
    });

    test('what ran when a limit began and cannot be posted frees nothing of it', async () => {
      const key = ofKey(3, 5);
      await statements.grant(session, [ofCredits(4), key]);
      const before = await statements.leased(session, key);
      const poisoned = spent(1, { apiKeyId: key.subjectId, organizationId: 'org_of_nobody' });
      const posted = { session, records: json([poisoned]), held: [] };
      expect(await statements.post(posted)).toBe(1);
      expect(await statements.leased(session, key)).toBe(before);
    });

    test('a limit is not recalled that counts nothing more or has nothing leased', async () => {
      const [leased, empty] = [ofKey(1, 5), ofMember(0, 0)];
      await statements.grant(session, [ofCredits(4), leased]);
      await statements.grant(session, [empty]);
      const nothing = spent(0, { apiKeyId: leased.subjectId });
      const something = spent(2, { membershipId: empty.subjectId });
      await statements.post({ session, records: json([nothing, something]), held: [] });
      const sql = 'SELECT recall_tick FROM allowance WHERE id IN ($1, $2)';
      const rows = await storage.query(sql, [leased.target, empty.target]);
      expect(rows).toEqual([{ recall_tick: null }, { recall_tick: null }]);
    });

    /** Of two steps on one account, the first is in the middle of it while the second waits. */
    const meanwhile = async (
      first: (tx: Transaction) => Promise<unknown>,
      second: () => unknown,
    ) => {
      const waiting = () =>
        storage.query(`SELECT 1 FROM pg_stat_activity
          WHERE datname = current_database() AND wait_event_type = 'Lock'`);
      let later: unknown;
      await storage.write(async (tx) => {
        const id = accountId(acme);
        await tx.$queryRaw`SELECT 1 FROM credit_account WHERE id = ${id} FOR NO KEY UPDATE`;
        later = second();
        await expect.poll(waiting).toHaveLength(1);
        await first(tx);
      });
      await later;
    };

    // The embedded database takes one statement at a time.
    if (kind === 'server') {
      test.each(['charge', 'limit'])(
        'what is charged as a limit begins counts, the %s first',
        async (first) => {
          const key = ofKey(0, 5);
          const free = json([spent(2, { apiKeyId: key.subjectId })]);
          await statements.grant(session, [ofCredits(4)]);
          const post = 'SELECT ledger_post($1::int, $2::jsonb, $3::jsonb)::text';
          const begin = 'SELECT lease_grant($1::int, $2::jsonb)::text';
          if (first === 'charge')
            await meanwhile(
              (tx) => tx.$queryRawUnsafe(post, session, free, '[]'),
              () => statements.grant(session, [key]),
            );
          else
            await meanwhile(
              (tx) => tx.$queryRawUnsafe(begin, session, toJson([key])),
              () => statements.post({ session, records: free, held: [] }),
            );
          expect(await spentOf(key)).toEqual([dollars(2)]);
        },
      );
    }

    const refund = async ({ completion }: SettlementRecord, amount: number) => {
      const sql = `SELECT * FROM completion_refund($1, $2::bigint, $3, 'Sorry', null)`;
      await storage.query(sql, [completion, dollars(amount).toString(), `${completion} ${amount}`]);
    };

    test('what a limit counted is taken off it by a refund', async () => {
      const key = ofKey(0, 5);
      await statements.grant(session, [ofCredits(4), key]);
      const free = spent(3, { apiKeyId: key.subjectId });
      await statements.post({ session, records: json([free]), held: [] });
      await refund(free, 1);
      expect(await spentOf(key)).toEqual([dollars(2)]);
    });

    test('what a limit began with is taken off it by a refund, once it counts it', async () => {
      const [first, second] = [ofKey(0, 5), ofKey(0, 5, { number: 1 })];
      const member = ofMember(0, 5);
      const ids = { apiKeyId: first.subjectId, membershipId: member.subjectId };
      const [carried, running] = [spent(1, ids), spent(3, ids)];
      await statements.grant(session, [ofCredits(9)]);
      await statements.post({ session, records: json([carried]), held: [] });
      await statements.grant(session, [first]);
      await refund(carried, 0.25);
      await statements.grant(session, [second]);
      await statements.grant(session, [member]);
      await statements.post({ session, records: json([running]), held: [] });
      await refund(running, 0.25);
      await refund(carried, 0.5);
      expect(await spentOf(first)).toEqual([dollars(0.75), dollars(3)]);
      expect(await spentOf(member)).toEqual([dollars(3)]);
    });

    test('a refund of what was charged before the period of a limit leaves it alone', async () => {
      const key = ofKey(0, 5, { periodStart: new Date('2026-02-01') });
      const { subjectId: apiKeyId } = key;
      const before = spent(2, { apiKeyId, finishedAt: '2026-01-31T23:59:59.999Z' });
      const within = spent(2, { apiKeyId, finishedAt: '2026-02-01T00:00:00.000Z' });
      await statements.grant(session, [ofCredits(4)]);
      await statements.post({ session, records: json([before, within]), held: [] });
      await statements.grant(session, [key]);
      await refund(before, 1);
      expect(await spentOf(key)).toEqual([dollars(2)]);
    });

    const told = async ({ subjectId, ...key }: GrantTarget, number: number | null) => {
      const { target: allowance, periodStart } = key;
      const asked = {
        apiKeyId: subjectId ?? '',
        allowance,
        number,
        since: periodStart ?? new Date(),
      };
      return (await statements.keySpend(session, asked)).spent;
    };

    test('§15 what is told of a limit is what it counts, before it is asked, too', async () => {
      const [before, now] = ['2026-01-01', '2026-02-01'].map((start) =>
        ofKey(2, 5, { periodStart: new Date(start) }),
      ) as [GrantTarget, GrantTarget];
      const apiKeyId = before.subjectId;
      const late = spent(2, { apiKeyId, finishedAt: '2026-02-01T00:00:01.000Z' });
      await statements.grant(session, [ofCredits(4), before]);
      await statements.post({ session, records: json([late], [before]), held: [] });
      expect([await told(before, 0), await told(now, 0)]).toEqual([dollars(2), 0n]);
      await statements.grant(session, [now]);
      const after = spent(1, { apiKeyId, finishedAt: '2026-02-01T00:00:02.000Z' });
      await statements.post({ session, records: json([after], [now]), held: [] });
      expect([await told(before, 0), await told(now, 0)]).toEqual([dollars(2), dollars(1)]);
      // Without a limit it is what was charged meanwhile; the next limit begins with that.
      const next = ofKey(2, 5, { periodStart: new Date('2026-02-01'), number: 1 });
      expect([await told(now, null), await told(next, 1)]).toEqual([dollars(3), dollars(3)]);
    });
  });
}
