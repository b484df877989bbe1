import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SettlementRecord } from '#credits';
import type { Storage } from '#storage';
import { journalBatch, journalRecord } from '../../src/credits/journal/journal-record.ts';
import { accountId } from '../../src/credits/leases/lease.ts';
import type { GrantTarget, LeaseTarget } from '../../src/credits/ledger/lease-statements.ts';
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

    test('what a limit counted is taken off it by a refund', async () => {
      const key = ofKey(0, 5);
      await statements.grant(session, [ofCredits(4), key]);
      const free = spent(3, { apiKeyId: key.subjectId });
      await statements.post({ session, records: json([free]), held: [] });
      const sql = `SELECT * FROM completion_refund($1, $2::bigint, 'once', 'Sorry', null)`;
      await storage.query(sql, [free.completion, dollars(1).toString()]);
      expect(await spentOf(key)).toEqual([dollars(2)]);
    });
  });
}
