import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { SettlementRecord } from '#credits';
import type { Storage } from '#storage';
import { journalBatch, journalRecord } from '../../src/credits/journal/journal-record.ts';
import { accountId } from '../../src/credits/leases/lease.ts';
import type { GrantTarget, LeaseTarget } from '../../src/credits/ledger/lease-statements.ts';
import { isSessionGone } from '../../src/credits/ledger/ledger-database.ts';
import { ledgerStatements, type Statements } from '../../src/credits/ledger/statements.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import {
  balanceOf,
  dollars,
  ledgerOf,
  newCompletion,
  organization,
  recordOf,
  violations,
} from './node.ts';

/** What the database itself promises about money, whatever nodes do. */
export function ledgerSuite(kind: DatabaseKind): void {
  describe(`the ledger on ${kind}`, () => {
    let storage: Storage;
    let statements: Statements;
    let acme: string;
    let session: number;

    beforeAll(async () => {
      storage = await freshDatabase(kind);
      statements = ledgerStatements(storage);
    }, 60_000);
    afterAll(() => storage.close());

    beforeEach(async () => {
      acme = await organization(storage, 10);
      session = await statements.openSession('a node');
    });

    afterEach(async () => {
      expect(await violations(storage)).toEqual([]);
      for (const live of await statements.liveSessions(null)) await statements.closeSession(live);
      expect(await violations(storage)).toEqual([]);
      await storage.query('DELETE FROM quarantine');
    });

    const ofCredits = (min: number, want = min): GrantTarget => ({
      kind: 'ACCOUNT',
      target: accountId(acme),
      min: dollars(min),
      want: dollars(want),
      ...{ limit: null, subject: null, subjectId: null, number: 0 },
      account: accountId(acme),
      periodStart: null,
    });
    const ofKey = (min: number, limit: number): GrantTarget => ({
      kind: 'ALLOWANCE',
      target: `alw_${acme}`,
      min: dollars(min),
      want: dollars(min),
      limit: dollars(limit),
      account: accountId(acme),
      subject: 'API_KEY',
      subjectId: `key_${acme}`,
      number: 0,
      periodStart: new Date(0),
    });
    const json = (records: readonly SettlementRecord[], allowances: readonly LeaseTarget[] = []) =>
      journalBatch(records.map((record) => journalRecord(record, accountId(acme), allowances)));
    const spent = (tokens: number, given: Partial<SettlementRecord> = {}) =>
      recordOf(newCompletion(session), acme, tokens, given);
    const kill = async (dead: number) => {
      await storage.query('UPDATE clock SET tick = tick + 51');
      await storage.query(
        'UPDATE node_session SET renewed_tick = (SELECT tick FROM clock) WHERE id <> $1',
        [dead],
      );
      expect(await statements.reapSession()).toBe(dead);
    };
    const count = async (sql: string) => (await storage.query(sql)).length;

    test('an entry can be neither changed nor deleted', async () => {
      for (const table of ['entry', 'ledger_tx', 'audit']) {
        for (const act of ['UPDATE $ SET id = id', 'DELETE FROM $', 'TRUNCATE $ CASCADE']) {
          await expect(storage.query(act.replace('$', table))).rejects.toThrow('append-only');
        }
      }
    });

    test('entries of a transaction that do not sum to zero are refused', async () => {
      const unbalanced = `WITH tx AS (INSERT INTO ledger_tx (description) VALUES ('x') RETURNING id)
        INSERT INTO entry (id, tx_id, account_id, seq, kind, amount, balance_after, at)
        SELECT 'led_x', id, $1, 99, 'GRANT', 1, 1, now() FROM tx`;
      await expect(storage.query(unbalanced, [accountId(acme)])).rejects.toThrow('sum to zero');
    });

    test('credits of an organization never go below zero', async () => {
      const overdraw = 'UPDATE credit_account SET balance = -1 WHERE id = $1';
      await expect(storage.query(overdraw, [accountId(acme)])).rejects.toThrow('never_overdrawn');
    });

    test('a batch that is posted twice, in part or by two at once, is charged once', async () => {
      await statements.grant(session, [ofCredits(10)]);
      const records = [spent(1), spent(2), spent(3)];
      await statements.post({ session, records: json(records), held: [] });
      await statements.post({ session, records: json(records), held: [] });
      const more = [...records, spent(1)];
      await Promise.all([
        statements.post({ session, records: json(more), held: [] }),
        statements.post({ session, records: json(more), held: [] }),
      ]);
      expect(await ledgerOf(storage, acme)).toBe(
        ['GRANT 10 → 10', 'USAGE -1 → 9', 'USAGE -2 → 7', 'USAGE -3 → 4', 'USAGE -1 → 3'].join(
          '\n',
        ),
      );
    });

    test('the same record twice in one batch is charged once', async () => {
      await statements.grant(session, [ofCredits(10)]);
      const record = spent(4);
      await statements.post({ session, records: json([record, record]), held: [] });
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -4 → 6');
    });

    test('a record as earlier versions wrote it, blanks and all, comes to the same', async () => {
      await statements.grant(session, [ofCredits(10), ofKey(10, 10)]);
      const key = ofKey(0, 10);
      const record = spent(2);
      const [short] = JSON.parse(json([record], [key]));
      const { tokens, ...long } = record;
      const counts = { promptTokens: tokens.prompt, completionTokens: 0, cachedTokens: 0 };
      const written = {
        ...{ ...long, ...short, ...counts, cacheWriteTokens: 0, reasoningTokens: 0, waived: '0' },
        completion: newCompletion(session),
        allowances: [{ kind: 'ALLOWANCE', id: key.target }],
      };
      expect(Object.values(short)).not.toContain(null);
      expect(Object.values(written)).toContain(null);
      const records = JSON.stringify([short, written]);
      expect(await statements.post({ session, records, held: [] })).toBe(0);
      const rows = await storage.query<{ row: object }>(
        `SELECT to_jsonb(c) - 'id' - 'allowances' AS row FROM completion c WHERE id IN ($1, $2)`,
        [short.completion, written.completion],
      );
      expect(rows).toHaveLength(2);
      expect(rows[0]).toEqual(rows[1]);
      expect(await statements.leased(session, key)).toBe(dollars(6));
    });

    test('§4 a record that cannot be posted is set aside and its money is free', async () => {
      await statements.grant(session, [ofCredits(10), ofKey(10, 10)]);
      const poisoned = [
        spent(1, { organizationId: 'org_of_nobody' }),
        spent(1, { providerId: null }),
        spent(1, { tokens: { ...spent(1).tokens, prompt: 2 ** 40 } }),
      ];
      const records = [spent(1), ...poisoned, spent(2)];
      const key = ofKey(0, 0);
      expect(await statements.post({ session, records: json(records, [key]), held: [] })).toBe(3);
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -1 → 9\nUSAGE -2 → 7');
      expect(await statements.leased(session, ofCredits(0))).toBe(dollars(4));
      expect(await statements.leased(session, key)).toBe(dollars(4));
      expect(await count('SELECT FROM quarantine')).toBe(3);
    });

    test('§5 a completion that comes again with other times is charged once', async () => {
      await statements.grant(session, [ofCredits(10)]);
      const completion = newCompletion(session);
      const times = ['2026-01-15T12:00:01.000Z', '2026-03-15T12:00:01.000Z'];
      for (const finishedAt of times) {
        const record = recordOf(completion, acme, 4, { createdAt: finishedAt, finishedAt });
        await statements.post({ session, records: json([record]), held: [] });
      }
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -4 → 6');
    });

    test('a charge of what its session has not leased is set aside', async () => {
      const other = await statements.openSession('another');
      await statements.grant(session, [ofCredits(6), ofKey(6, 9)]);
      await statements.giveBack(session, { ...ofCredits(0), amount: dollars(4) });
      await statements.giveBack(session, { ...ofKey(0, 9), amount: dollars(4) });
      const key = ofKey(0, 9);
      const post = (by: number, tokens: number) =>
        statements.post({ session: by, records: json([spent(tokens)], [key]), held: [] });
      expect([await post(other, 1), await post(session, 3)]).toEqual([1, 1]);
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10');
      expect(await statements.leased(session, ofCredits(0))).toBe(0n);
      expect(await statements.leased(session, key)).toBe(0n);
    });

    test('a grant takes from all that it touches, or from nothing', async () => {
      const answer = await statements.grant(session, [ofCredits(5), ofKey(5, 4)]);
      expect(answer.map(({ granted, available }) => [granted, available])).toEqual([
        [0n, dollars(10)],
        [0n, dollars(4)],
      ]);
      expect(await count(`SELECT FROM lease WHERE session = ${session}`)).toBe(0);
    });

    test('money that one session has leased cannot be leased by another', async () => {
      const other = await statements.openSession('another');
      await statements.grant(session, [ofCredits(8)]);
      const [refused] = await statements.grant(other, [ofCredits(3)]);
      expect(refused).toMatchObject({ granted: 0n, available: dollars(2), elsewhere: dollars(8) });
      await statements.giveBack(session, { ...ofCredits(0), amount: dollars(8) });
      const [given] = await statements.grant(other, [ofCredits(3)]);
      expect(given?.granted).toBe(dollars(3));
    });

    test('what others miss is told at the next renewal', async () => {
      const other = await statements.openSession('another');
      await statements.grant(session, [ofCredits(8)]);
      await statements.grant(other, [ofCredits(3)]);
      const { recalls, live } = await statements.renew({ session, ackChange: 0n, held: [] });
      expect(recalls).toEqual([{ kind: 'ACCOUNT', target: accountId(acme) }]);
      expect(live).toEqual([session, other]);
      expect((await statements.renew({ session: other, ackChange: 0n, held: [] })).recalls).toEqual(
        [],
      );
    });

    test('a dead session has its journal posted before its leases are free', async () => {
      await statements.grant(session, [ofCredits(10)]);
      const records = [json([spent(3)]), json([spent(4)])] as const;
      await statements.append(session, [
        { n: 1, records: records[0] },
        { n: 2, records: records[1] },
      ]);
      await kill(session);
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -3 → 7\nUSAGE -4 → 3');
      const other = await statements.openSession('another');
      const [given] = await statements.grant(other, [ofCredits(3)]);
      expect(given?.granted).toBe(dollars(3));
    });

    test('a session that has ended can neither lease, post, append, renew nor claim', async () => {
      await statements.closeSession(session);
      const acts = [
        statements.grant(session, [ofCredits(1)]),
        statements.giveBack(session, { ...ofCredits(0), amount: 1n }),
        statements.append(session, [{ n: 1, records: json([spent(1)]) }]),
        statements.post({ session, records: json([spent(1)]), held: [] }),
        statements.postJournal({ session, rows: 1, held: [] }),
        statements.renew({ session, ackChange: 0n, held: [] }),
        statements.takeClaim(session, { principal: 'p', key: 'k', bodyHmac: 'b', completion: 'c' }),
      ];
      for (const answer of await Promise.allSettled(acts)) {
        expect(answer.status === 'rejected' && isSessionGone(answer.reason)).toBe(true);
      }
      expect(await statements.closeSession(session)).toBe(false);
    });

    test('a journal row that is appended again after it was posted moves nothing', async () => {
      await statements.grant(session, [ofCredits(10)]);
      const records = json([spent(3)]);
      await statements.append(session, [{ n: 1, records: records }]);
      expect(await statements.postJournal({ session, rows: 10, held: [] })).toEqual({
        quarantined: 0,
        next: Infinity,
      });
      await statements.append(session, [{ n: 1, records: records }]);
      await statements.append(session, [{ n: 2, records: json([spent(1)]) }]);
      expect(await statements.postJournal({ session, rows: 1, held: [] })).toEqual({
        quarantined: 0,
        next: 2,
      });
      await statements.postJournal({ session, rows: 1, held: [] });
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -3 → 7\nUSAGE -1 → 6');
    });

    test('a journal that several post at once is posted once', async () => {
      await statements.grant(session, [ofCredits(10)]);
      const rows = [1, 2, 3, 4, 5, 6].map((n) => ({ n, records: json([spent(1)]) }));
      await statements.append(session, rows);
      const post = () => statements.postJournal({ session, rows: 2, held: [] });
      const answers = await Promise.all([post(), post(), post(), post()]);
      expect(answers.map(({ quarantined }) => quarantined)).toEqual([0, 0, 0, 0]);
      expect(answers.map(({ next }) => next)).toContain(Infinity);
      expect(await balanceOf(storage, accountId(acme))).toBe('4');
    });

    test('a charge that comes late is made while it fits, else the platform pays it', async () => {
      await kill(session);
      const other = await statements.openSession('another');
      await statements.grant(other, [ofCredits(4, 4), { ...ofKey(1, 5) }]);
      await statements.giveBack(other, { ...ofCredits(0), amount: dollars(6) });
      const lossBefore = dollars(await balanceOf(storage, 'platform:late-loss'));
      const key = ofKey(0, 0);
      const late = [spent(5), spent(5), spent(1)];
      await statements.postLate(session, json(late, [key]));
      await statements.postLate(session, json(late, [key]));
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -5 → 5\nUSAGE -1 → 4');
      const loss = dollars(await balanceOf(storage, 'platform:late-loss')) - lossBefore;
      expect(loss).toBe(-dollars(5));
      const [waived] = await storage.query<{ charged: bigint; waived: bigint }>(
        'SELECT charged, waived FROM completion WHERE id = $1',
        [late[1]?.completion],
      );
      expect(waived).toEqual({ charged: 0n, waived: dollars(5) });
    });

    test('a live session has no late records', async () => {
      await expect(statements.postLate(session, json([spent(1)]))).rejects.toThrow('is live');
    });

    test('an idempotency key is one completion, until that one is given up or gone', async () => {
      const claim = (completion: string, bodyHmac = 'body', by = session) =>
        statements.takeClaim(by, { principal: acme, key: 'k', bodyHmac, completion });
      expect(await claim('cmp_1')).toEqual({ verdict: 'TAKEN', completion: 'cmp_1', gen: 1 });
      expect(await claim('cmp_1')).toEqual({ verdict: 'TAKEN', completion: 'cmp_1', gen: 1 });
      expect(await claim('cmp_2')).toEqual({ verdict: 'EXISTS', completion: 'cmp_1', gen: 1 });
      expect(await claim('cmp_2', 'other')).toMatchObject({ verdict: 'CONFLICT' });
      await statements.finishClaim({ principal: acme, key: 'k', gen: 1 });
      expect(await claim('cmp_3')).toEqual({ verdict: 'TAKEN', completion: 'cmp_3', gen: 1 });
      const other = await statements.openSession('another');
      await kill(session);
      expect(await claim('cmp_4', 'body', other)).toMatchObject({ verdict: 'TAKEN', gen: 2 });
    });

    test('a completion that ended keeps its key, charged or not', async () => {
      const completion = newCompletion(session);
      const asked = { principal: acme, key: 'failed', bodyHmac: 'body' };
      await statements.takeClaim(session, { ...asked, completion });
      const claim = { principal: acme, key: 'failed', gen: 1 };
      const failed = recordOf(completion, acme, 0, { claim, status: 'FAILED' });
      await statements.post({ session, records: json([failed]), held: [] });
      await kill(session);
      const other = await statements.openSession('another');
      const repeat = await statements.takeClaim(other, { ...asked, completion: 'cmp_other' });
      expect(repeat).toEqual({ verdict: 'EXISTS', completion, gen: 1 });
    });

    test('keys that have expired are pruned, others are kept', async () => {
      const take = (key: string) =>
        statements.takeClaim(session, { principal: acme, key, bodyHmac: 'b', completion: key });
      await Promise.all(['old', 'older', 'fresh'].map(take));
      await storage.query(`UPDATE claim SET expires_at = now() WHERE key LIKE 'old%'`);
      expect(await statements.pruneClaims(1)).toBe(1);
      expect(await statements.pruneClaims(10)).toBe(1);
      const left = await storage.query<{ key: string }>(
        'SELECT key FROM claim WHERE principal = $1',
        [acme],
      );
      expect(left.map(({ key }) => key)).toEqual(['fresh']);
    });

    test('§10 two that claim a key at once: one has it', async () => {
      const verdicts = await Promise.all(
        Array.from({ length: 10 }, (_, n) =>
          statements.takeClaim(session, {
            principal: acme,
            key: 'race',
            bodyHmac: 'body',
            completion: `cmp_${n}`,
          }),
        ),
      );
      expect(verdicts.filter(({ verdict }) => verdict === 'TAKEN')).toHaveLength(1);
    });

    test('§9 a completion that has lost its key to another can no longer charge', async () => {
      const claimed = (completion: string, gen: number) =>
        recordOf(completion, acme, 2, { claim: { principal: acme, key: 'k', gen } });
      const [first, second] = [newCompletion(session), newCompletion(session)];
      const claim = (by: number, completion: string) =>
        statements.takeClaim(by, { principal: acme, key: 'k', bodyHmac: 'body', completion });
      await claim(session, first);
      await kill(session);
      const other = await statements.openSession('another');
      expect(await claim(other, second)).toMatchObject({ verdict: 'TAKEN', gen: 2 });
      await statements.grant(other, [ofCredits(5)]);
      await statements.post({ session: other, records: json([claimed(second, 2)]), held: [] });
      await statements.postLate(session, json([claimed(first, 1)]));
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nUSAGE -2 → 8');
      expect(await claim(other, 'cmp_third')).toMatchObject({
        verdict: 'EXISTS',
        completion: second,
      });
    });

    test('a charge with an own provider key is one FEE entry', async () => {
      await statements.grant(session, [ofCredits(10)]);
      const fee = { cost: 0n, fee: dollars(1), charged: dollars(1), ownProviderKey: true };
      await statements.post({ session, records: json([spent(1, fee)]), held: [] });
      expect(await ledgerOf(storage, acme)).toBe('GRANT 10 → 10\nFEE -1 → 9');
    });
  });
}
