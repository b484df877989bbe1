import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import type { Storage } from '#storage';
import type { ChargeAttempt, ChargeOutcome } from '../../src/credits/payments/payments.ts';
import { topUpWhereDue } from '../../src/credits/payments/top-ups.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { dollars, ledgerOf, organization, violations } from './node.ts';

/** What is asked of a payment provider that does not say what came of it, on both databases. */
export function topUpsSuite(kind: DatabaseKind): void {
  describe(`attempts of which nothing is known on ${kind}`, () => {
    let storage: Storage;
    let acme: string;
    let asked: ChargeAttempt[];
    let outcome: ChargeOutcome['kind'];

    beforeAll(async () => {
      storage = await freshDatabase(kind);
    }, 60_000);
    afterAll(() => storage.close());
    beforeEach(async () => {
      acme = await organization(storage, 1);
      [asked, outcome] = [[], 'UNKNOWN'];
      await storage.query(
        `INSERT INTO billing (organization_id, customer, payment_method, top_up_threshold,
            top_up_amount) VALUES ($1, $1 || ' payer', 'first card', $2::bigint, $3::bigint)`,
        [acme, dollars(5).toString(), dollars(10).toString()],
      );
    });
    afterEach(async () => {
      await storage.query('UPDATE billing SET payment_method = NULL');
      expect(await violations(storage)).toEqual([]);
    });

    const charge = async (attempt: ChargeAttempt): Promise<ChargeOutcome> => {
      asked.push(attempt);
      if (outcome === 'PAID') return { kind: outcome, intent: `pi_${attempt.id}` };
      return { kind: 'UNKNOWN' };
    };
    const nothing = () => Promise.reject(new TypeError('this is not asked'));
    const topUp = () =>
      topUpWhereDue({
        storage,
        payments: { charge, checkout: nothing, news: nothing },
        clock: systemClock,
        log: silentLog,
        changed: () => undefined,
      });
    const pass = (time: string) =>
      storage.query(
        `UPDATE purchase SET asked_at = asked_at - $1::interval,
          created_at = created_at - $1::interval`,
        [time],
      );
    const another = () => storage.query(`UPDATE billing SET payment_method = 'another card'`);

    test('they are asked again, of the same payer, whoever has paid meanwhile', async () => {
      await topUp();
      await another();
      await topUp();
      expect(asked).toHaveLength(1);
      await pass('61 s');
      outcome = 'PAID';
      await topUp();
      const [first, second] = asked;
      expect(first).toMatchObject({ customer: `${acme} payer`, paymentMethod: 'first card' });
      expect(second).toEqual(first);
      expect(await ledgerOf(storage, acme)).toBe('GRANT 1 → 1\nPURCHASE 10 → 11');
    });

    test('they are given up before their key is forgotten, and credited if paid', async () => {
      await topUp();
      await pass('22 h 59 min');
      await topUp();
      await pass('2 min');
      await topUp();
      expect(new Set(asked.map(({ id }) => id)).size).toBe(1);
      expect(asked).toHaveLength(2);
      await another();
      await storage.query('UPDATE billing SET top_up_not_before = NULL');
      outcome = 'PAID';
      await topUp();
      expect(asked[2]).toMatchObject({ paymentMethod: 'another card' });
      expect(asked[2]?.id).not.toBe(asked[0]?.id);
      await storage.query(`SELECT purchase_pay($1, '{"intent": "late"}')`, [asked[0]?.id]);
      const ledger = 'GRANT 1 → 1\nPURCHASE 10 → 11\nPURCHASE 10 → 21';
      expect(await ledgerOf(storage, acme)).toBe(ledger);
    });
  });
}
