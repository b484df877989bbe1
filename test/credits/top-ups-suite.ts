import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import type { Storage } from '#storage';
import type {
  ChargeAttempt,
  ChargeOutcome,
  NeverMade,
} from '../../src/credits/payments/payments.ts';
import { topUpWhereDue } from '../../src/credits/payments/top-ups.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { dollars, ledgerOf, organization, violations } from './node.ts';

/** What is asked of a payment provider that does not say what came of it, on both databases. */
export function topUpsSuite(kind: DatabaseKind): void {
  describe(`attempts of which nothing is known on ${kind}`, () => {
    let storage: Storage;
    let acme: string;
    let asked: ChargeAttempt[];
    let looked: ChargeAttempt[];
    let outcome: (ChargeOutcome | NeverMade)['kind'];

    beforeAll(async () => {
      storage = await freshDatabase(kind);
    }, 60_000);
    afterAll(() => storage.close());
    beforeEach(async () => {
      acme = await organization(storage, 1);
      [asked, looked, outcome] = [[], [], 'UNKNOWN'];
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
      const told = outcomeOf(attempt);
      return told.kind === 'NONE' ? { kind: 'UNKNOWN' } : told;
    };
    const look = async (attempt: ChargeAttempt): Promise<ChargeOutcome | NeverMade> => {
      looked.push(attempt);
      return outcomeOf(attempt);
    };
    const outcomeOf = ({ id }: ChargeAttempt): ChargeOutcome | NeverMade => {
      if (outcome === 'PAID' || outcome === 'PENDING') return { kind: outcome, intent: `pi_${id}` };
      return outcome === 'DECLINED' ? { kind: outcome, reason: 'no' } : { kind: outcome };
    };
    const nothing = () => Promise.reject(new TypeError('this is not asked'));
    const topUp = () =>
      topUpWhereDue({
        storage,
        payments: { charge, look, checkout: nothing, news: nothing, payment: nothing },
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

    const switchOff = () =>
      storage.query(
        `UPDATE billing SET top_up_threshold = NULL, top_up_amount = NULL
          WHERE organization_id = $1`,
        [acme],
      );
    test.each([
      ['it is switched off', switchOff, 'GRANT 1 → 1'],
      ['it is switched off and was paid', switchOff, 'GRANT 1 → 1\nPURCHASE 10 → 11'],
    ] as const)('they are only looked for once %s', async (_, stop, ledger) => {
      await topUp();
      await stop();
      await pass('61 s');
      await topUp();
      expect([asked.length, looked.length]).toEqual([1, 0]);
      await pass('10 min');
      outcome = ledger.includes('PURCHASE') ? 'PAID' : 'NONE';
      await topUp();
      await pass('61 s');
      await topUp();
      expect([asked.length, looked.length]).toEqual([1, 1]);
      expect(await ledgerOf(storage, acme)).toBe(ledger);
      expect(await storage.query(`SELECT FROM purchase WHERE status = 'OPEN'`)).toEqual([]);
    });

    test('they are given up before their key is forgotten, and credited if paid', async () => {
      await topUp();
      await pass('22 h 59 min');
      await topUp();
      await pass('2 min');
      await topUp();
      expect([asked.length, looked.length]).toEqual([1, 1]);
      await another();
      await storage.query('UPDATE billing SET top_up_not_before = NULL');
      outcome = 'PAID';
      await topUp();
      expect(asked[1]).toMatchObject({ paymentMethod: 'another card' });
      expect(asked[1]?.id).not.toBe(asked[0]?.id);
      await storage.query(`SELECT purchase_pay($1, '{"intent": "late"}')`, [asked[0]?.id]);
      const ledger = 'GRANT 1 → 1\nPURCHASE 10 → 11\nPURCHASE 10 → 21';
      expect(await ledgerOf(storage, acme)).toBe(ledger);
    });

    test('they are looked for in the list, once no request for them is on its way', async () => {
      await topUp();
      await pass('6 min');
      await topUp();
      expect([asked.length, looked.length]).toEqual([1, 0]);
      await pass('5 min');
      outcome = 'PAID';
      await topUp();
      expect([asked.length, looked.length]).toEqual([1, 1]);
      expect(await ledgerOf(storage, acme)).toBe('GRANT 1 → 1\nPURCHASE 10 → 11');
    });

    test('what is not in the list was never made: another follows, and counts anew', async () => {
      await topUp();
      await pass('11 min');
      outcome = 'NONE';
      await topUp();
      const settings = 'SELECT top_up_declines AS declines, top_up_not_before AS wait FROM billing';
      expect(await storage.query(settings)).toContainEqual({ declines: 0, wait: null });
      outcome = 'PAID';
      await topUp();
      expect(new Set(asked.map(({ id }) => id)).size).toBe(2);
      expect(await ledgerOf(storage, acme)).toBe('GRANT 1 → 1\nPURCHASE 10 → 11');
    });

    test.each([
      ['PAID', 'GRANT 1 → 1\nPURCHASE 10 → 11'],
      ['DECLINED', 'GRANT 1 → 1'],
    ] as const)('one that is processed is looked for each hour: %s', async (end, ledger) => {
      outcome = 'PENDING';
      await topUp();
      await pass('59 min');
      await topUp();
      expect(looked).toEqual([]);
      await pass('2 min');
      await topUp();
      await pass('61 min');
      outcome = end;
      await topUp();
      await pass('61 min');
      await topUp();
      expect([asked.length, looked.length]).toEqual([1, 2]);
      expect(await ledgerOf(storage, acme)).toBe(ledger);
    });
  });
}
