import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Billing, type Credits, openBilling } from '#credits';
import { type Clock, silentLog, systemClock } from '#kernel';
import type { Storage } from '#storage';
import { collectWhatIsOwed } from '../../src/credits/billing/owed.ts';
import type { PaymentNews, Payments } from '../../src/credits/payments/payments.ts';
import { topUpWhereDue } from '../../src/credits/payments/top-ups.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import {
  balanceOf,
  credit,
  dollars,
  ledgerOf,
  newCompletion,
  openNode,
  organization,
  recordOf,
  violations,
} from './node.ts';

/** Tests alone look: a look between two lines would be a race. */
const looksOnlyWhenTold: Clock = { ...systemClock, every: () => ({ cancel: () => {} }) };

const payments: Payments = {
  checkout: async ({ id }) => ({ session: `cs_${id}`, url: 'https://pay.test' }),
  charge: async () => ({ kind: 'UNKNOWN' }),
  look: async () => ({ kind: 'UNKNOWN' }),
  news: async (body) => JSON.parse(body.toString()),
  payment: async () => null,
};

/** Payments that go back or are disputed, on both databases. */
export function owedSuite(kind: DatabaseKind): void {
  describe(`what is owed on ${kind}`, () => {
    let storage: Storage;
    let credits: Credits;
    let billing: Billing;
    let acme: string;

    beforeAll(async () => {
      storage = await freshDatabase(kind);
      credits = await openNode(storage);
      billing = openBilling({
        storage,
        credits,
        clock: looksOnlyWhenTold,
        log: silentLog,
        linkKey: new Uint8Array(32),
        payments,
        seller: () => 'Bourse',
        returnOrigins: () => ['https://bourse.test'],
        recall: (account) => credits.recalled(account),
        changed: () => undefined,
      });
    }, 120_000);
    afterAll(async () => {
      billing.close();
      await credits.close();
      await storage.close();
    });
    beforeEach(async () => {
      acme = await organization(storage, 0);
    });
    afterEach(async () => expect(await violations(storage)).toEqual([]));

    const tell = (news: PaymentNews) =>
      billing.paymentNews(Buffer.from(JSON.stringify(news)), 'signed');
    const bought = async (amount: number) => {
      const [returnUrl, idempotencyKey] = ['https://bourse.test', null];
      const { purchaseId } = await billing.purchase({
        ...{ organizationId: acme, amount: dollars(amount), returnUrl, idempotencyKey },
        actor: 'usr_1',
      });
      await tell({
        ...{ kind: 'PAID', purchase: purchaseId, cents: amount * 100, intent: `pi_${purchaseId}` },
        ...{ session: null, customer: null, paymentMethod: null, payer: null },
      });
      return purchaseId;
    };
    const refunded = (purchase: string, amount: number) =>
      tell({ kind: 'RETURNED', intent: `pi_${purchase}`, cents: amount * 100 });
    const disputed = (
      purchase: string,
      amount: number,
      { dispute = 'dp_1', closed = false } = {},
    ) =>
      tell({
        ...{ kind: 'DISPUTED', intent: `pi_${purchase}`, dispute, closed },
        cents: amount * 100,
      });
    const owed = () => balanceOf(storage, `receivable:${acme}`);
    const ask = (amount: number) =>
      credits.admit({
        completion: newCompletion(credits.session),
        targets: [credit(acme)],
        amount: dollars(amount),
      });
    const charged: bigint[] = [];
    const topUp = () =>
      topUpWhereDue({
        storage,
        payments: {
          ...payments,
          async charge({ amount }) {
            charged.push(amount);
            return { kind: 'UNKNOWN' };
          },
        },
        clock: systemClock,
        log: silentLog,
        changed: () => undefined,
      });
    const look = () => {
      const recall = (account: string) => credits.recalled(account);
      return collectWhatIsOwed({ storage, clock: systemClock, recall });
    };

    test('while a payment is disputed nothing is admitted, and what runs may end', async () => {
      const id = await bought(20);
      const running = await ask(5);
      await disputed(id, 20);
      const refused = await ask(1).catch((thrown) => thrown);
      expect(refused).toMatchObject({ code: 'INSUFFICIENT_CREDITS', available: 0n });
      expect(refused.public).toContain('20 US dollars are owed');
      await running.end(recordOf(running.completion, acme, 4));
      await disputed(id, 0, { closed: true });
      await (await ask(16)).end(null);
      await credits.flush();
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20\nUSAGE -4 → 16');
    });

    test('what completions held is used no more while a payment is disputed', async () => {
      const id = await bought(20);
      const running = await ask(18);
      await disputed(id, 20);
      await running.end(null);
      const asked = async () => {
        await look();
        return ask(1).then(
          (hold) => hold.end(null),
          ({ code }) => code,
        );
      };
      await expect.poll(asked).toBe('INSUFFICIENT_CREDITS');
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20');
    });

    test('nobody who owes is topped up: the debt would take payment after payment', async () => {
      const purchase = await bought(1);
      await storage.query(
        `UPDATE billing SET payment_method = 'a card', top_up_threshold = $2::bigint,
          top_up_amount = $2::bigint WHERE organization_id = $1`,
        [acme, dollars(2).toString()],
      );
      await disputed(purchase, 1);
      await topUp();
      expect(charged).toEqual([]);
      await disputed(purchase, 0);
      await topUp();
      expect(charged).toEqual([dollars(2)]);
      // Nor is one asked for again of which nothing is known.
      await disputed(purchase, 1);
      await storage.query(`UPDATE purchase SET asked_at = asked_at - interval '61 s'`);
      await topUp();
      expect(charged).toEqual([dollars(2)]);
      await storage.query('UPDATE billing SET payment_method = NULL');
    });

    test('what was paid for a dispute comes back when it is won', async () => {
      const id = await bought(20);
      await disputed(id, 20);
      await bought(50);
      expect(await ledgerOf(storage, acme)).toMatch(/ADJUSTMENT -20 → 50$/);
      await disputed(id, 0, { closed: true });
      expect(await ledgerOf(storage, acme)).toMatch(/ADJUSTMENT 20 → 70$/);
      expect(await owed()).toBe('0');
    });

    test('what a lost dispute took is taken from the balance, the rest used on', async () => {
      const id = await bought(20);
      await (await ask(1)).end(null); // the node has leased all of it
      await disputed(id, 5, { dispute: 'dp_1' });
      await disputed(id, 3, { dispute: 'dp_2' });
      expect(await owed()).toBe('-8');
      await disputed(id, 5, { dispute: 'dp_1', closed: true });
      expect(await owed()).toBe('-3');
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20\nADJUSTMENT -5 → 15');
      await disputed(id, 0, { dispute: 'dp_2', closed: true });
      await (await ask(15)).end(null);
    });

    test('what is lost and was paid meanwhile is taken once', async () => {
      const id = await bought(20);
      await disputed(id, 20);
      await bought(50);
      await disputed(id, 20, { closed: true });
      expect(await owed()).toBe('0');
      expect(await ledgerOf(storage, acme)).toMatch(/→ 70\nADJUSTMENT -20 → 50$/);
      await refunded(id, 20);
      expect(await ledgerOf(storage, acme)).toMatch(/→ 70\nADJUSTMENT -20 → 50$/);
    });

    test('each dispute of a payment is owed for itself, in whatever order they end', async () => {
      const id = await bought(20);
      await disputed(id, 3, { dispute: 'dp_1' });
      await disputed(id, 4, { dispute: 'dp_2' });
      expect(await owed()).toBe('-7');
      await disputed(id, 0, { dispute: 'dp_1', closed: true });
      await disputed(id, 3, { dispute: 'dp_1' });
      expect(await owed()).toBe('-4');
      await disputed(id, 4, { dispute: 'dp_2', closed: true });
      expect(await owed()).toBe('0');
      await disputed(id, 20, { dispute: 'dp_3' });
      expect(await owed()).toBe('-16');
    });

    test('what nodes have free of it comes back first, and the rest is used on', async () => {
      const id = await bought(20);
      await (await ask(1)).end(null); // the node has leased all of it
      await refunded(id, 5);
      expect(await owed()).toBe('0');
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20\nADJUSTMENT -5 → 15');
      await (await ask(15)).end(null);
    });

    test('what running completions hold of it is taken when they have ended', async () => {
      const id = await bought(20);
      const running = await ask(18);
      const rest = async () => {
        await look();
        return owed();
      };
      await refunded(id, 5);
      await expect.poll(rest).toBe('-3');
      await running.end(recordOf(running.completion, acme, 4));
      await credits.flush();
      await expect.poll(rest).toBe('0');
      expect(await ledgerOf(storage, acme)).toMatch(/USAGE -4 → 14\nADJUSTMENT -3 → 11$/);
    });

    test('the audit says when more was taken than went back', async () => {
      const id = await bought(20);
      const sql = `SELECT ledger_move(receivable_of($1), 'platform:payments', 'ADJUSTMENT',
        $2::bigint, '{"description": "A mistake"}')`;
      await disputed(id, 3);
      for (const amount of [4, -5]) {
        await storage.query(sql, [acme, dollars(amount).toString()]);
        expect(await violations(storage)).toEqual([expect.stringMatching(/^12: account rec/)]);
        await storage.query(sql, [acme, dollars(-amount).toString()]);
      }
    });

    test('what is disputed is not taken with what went back', async () => {
      const [first, second] = [await bought(20), await bought(30)];
      await disputed(second, 30);
      await refunded(first, 5);
      expect(await owed()).toBe('-30');
      expect(await ledgerOf(storage, acme)).toMatch(/→ 50\nADJUSTMENT -5 → 45$/);
    });

    test('what goes back of a payment that is disputed whole is taken, not more', async () => {
      const id = await bought(20);
      await disputed(id, 20);
      await refunded(id, 10);
      expect(await owed()).toBe('-10');
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20\nADJUSTMENT -10 → 10');
      await disputed(id, 0, { closed: true });
    });

    test('a payment that is lost and went back takes nothing of what is disputed', async () => {
      const [first, second] = [await bought(20), await bought(30)];
      await disputed(second, 30);
      await disputed(first, 20, { closed: true });
      await refunded(first, 15);
      expect(await owed()).toBe('-30');
      expect(await ledgerOf(storage, acme)).toMatch(/→ 50\nADJUSTMENT -20 → 30$/);
    });

    /** What the account has of what is owed and could not be taken; whether nodes are asked. */
    const collect = async () => {
      await storage.query(
        'UPDATE credit_account SET recall_tick = NULL WHERE organization_id = $1',
        [acme],
      );
      const sql = 'SELECT receivable_collect($1) AS missing';
      const [row] = await storage.query<{ missing: bigint | null }>(sql, [acme]);
      const asked = await storage.query(
        'SELECT 1 FROM credit_account WHERE organization_id = $1 AND recall_tick IS NOT NULL',
        [acme],
      );
      return { missing: row?.missing, recalled: asked.length > 0 };
    };
    const nothing = { missing: 0n, recalled: false };

    test('what an account does not have is not asked of nodes', async () => {
      const id = await bought(20);
      const running = await ask(20);
      await running.end(recordOf(running.completion, acme, 18));
      await credits.flush();
      await refunded(id, 20);
      const rest = async () => {
        await look();
        return owed();
      };
      await expect.poll(rest).toBe('-18');
      expect(await collect()).toEqual(nothing);
    });

    test('what nodes hold of it is asked of them', async () => {
      const id = await bought(20);
      const running = await ask(18);
      await refunded(id, 5);
      const rest = async () => {
        await look();
        return owed();
      };
      await expect.poll(rest).toBe('-3');
      expect(await collect()).toEqual({ missing: dollars(3), recalled: true });
      await running.end(null);
    });

    test('of who owes nothing, or disputes alone, nothing is asked', async () => {
      expect(await collect()).toEqual(nothing);
      await disputed(await bought(20), 20);
      expect(await collect()).toEqual(nothing);
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20');
    });

    // The embedded database takes one statement at a time.
    if (kind === 'server') {
      test('nodes that look at once take it once', async () => {
        const id = await bought(20);
        await storage.query(
          `SELECT ledger_move(receivable_of($1), 'platform:payments', 'ADJUSTMENT', $2::bigint,
            '{"description": "It went back"}')`,
          [acme, (-dollars(5)).toString()],
        );
        await storage.query('UPDATE purchase SET returned = $2::bigint WHERE id = $1', [
          ...[id, dollars(5).toString()],
        ]);
        const waiting = () =>
          storage.query(`SELECT 1 FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'`);
        let other: Promise<unknown> | null = null;
        await storage.write(async (tx) => {
          await tx.$queryRaw`SELECT receivable_collect(${acme})`;
          other = storage.query('SELECT receivable_collect($1)', [acme]);
          await expect.poll(waiting).toHaveLength(1);
        });
        await other;
        expect(await owed()).toBe('0');
        expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20\nADJUSTMENT -5 → 15');
      });
    }
  });
}
