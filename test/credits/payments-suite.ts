import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { autoTopUpFields, type Billing, type Credits, openBilling, stripePayments } from '#credits';
import { type Clock, Secret, silentLog, systemClock, together } from '#kernel';
import type { Storage } from '#storage';
import { topUpWhereDue } from '../../src/credits/payments/top-ups.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { balanceOf, dollars, ledgerOf, openNode, organization, violations } from './node.ts';
import { type StripeStandIn, stripeStandIn, webhookSecret } from './stripe-stand-in.ts';

/** Tests alone look for top-ups and alerts: a look between two lines would be a race. */
const looksOnlyWhenTold: Clock = { ...systemClock, every: () => ({ cancel: () => {} }) };

/** Buying, topping up and giving back, against a stand-in for Stripe, on both databases. */
export function paymentsSuite(kind: DatabaseKind): void {
  describe(`payments on ${kind}`, () => {
    let storage: Storage;
    let credits: Credits;
    let billing: Billing;
    let stripe: StripeStandIn;
    let acme: string;
    let changed: string[] = [];
    const news = (organizationId: string) => changed.push(organizationId);
    const payments = () =>
      stripePayments({
        secretKey: new Secret('sk_test_of_the_tests'),
        webhookSecret: new Secret(webhookSecret),
        apiBase: stripe.url,
        log: silentLog,
      });
    const open = async (takes = true) =>
      openBilling({
        storage,
        credits,
        clock: looksOnlyWhenTold,
        log: silentLog,
        linkKey: new Uint8Array(32),
        payments: takes ? await payments() : null,
        seller: () => 'Bourse',
        returnOrigins: () => ['https://bourse.test'],
        recall: (account) => credits.recalled(account),
        changed: news,
      });

    beforeAll(async () => {
      stripe = await stripeStandIn();
      storage = await freshDatabase(kind);
      credits = await openNode(storage);
      billing = await open();
    }, 120_000);
    afterAll(async () => {
      billing.close();
      await credits.close();
      await storage.close();
      await stripe.close();
    });
    beforeEach(async () => {
      acme = await organization(storage, 0);
      stripe.asked.length = 0;
      stripe.answer = 'succeeded';
      changed = [];
    });
    afterEach(async () => {
      expect(await violations(storage)).toEqual([]);
      await storage.query('UPDATE billing SET top_up_threshold = NULL, top_up_amount = NULL');
    });

    const input = (given: { amount?: number; key?: string; returnUrl?: string } = {}) => {
      const wish = {
        amount: String(given.amount ?? 20),
        returnUrl: given.returnUrl ?? null,
        idempotencyKey: given.key ?? null,
      };
      const read = together(billing.purchaseFields(wish));
      return { ...read, organizationId: acme, actor: 'usr_1' };
    };
    const row = async (id: string) => {
      const sql = 'SELECT status, failure, receipt_number FROM purchase WHERE id = $1';
      const [found] = await storage.query<{ status: string; failure: string | null }>(sql, [id]);
      return found;
    };
    const session = (purchase: string, cents = 2_000) => ({
      id: `cs_${purchase}`,
      payment_status: 'paid',
      currency: 'usd',
      amount_subtotal: cents,
      amount_total: cents + 380,
      total_details: { amount_tax: 380 },
      payment_intent: `pi_${purchase}`,
      customer: `cus_${purchase}`,
      customer_details: {
        name: 'Acme <GmbH>',
        email: 'pay@acme.test',
        address: { line1: 'Street 1', postal_code: '10115', city: 'Berlin', country: 'DE' },
        tax_ids: [{ type: 'eu_vat', value: 'DE123' }],
      },
      metadata: { purchase },
    });
    const intent = (purchase: string, cents = 2_380) => ({
      id: `pi_${purchase}`,
      currency: 'usd',
      amount_received: cents,
      customer: `cus_${purchase}`,
      payment_method: `pm_${purchase}`,
      metadata: { purchase },
    });
    const tell = (type: string, object: object) => {
      const { body, signature } = stripe.event(type, object);
      return billing.paymentNews(body, signature);
    };
    /** What was bought is spent. */
    const takeAway = (amount: number) =>
      billing.adjust({
        organizationId: acme,
        amount: dollars(-amount),
        key: `take ${amount}`,
        reason: 'Spent',
        actor: null,
      });
    const bought = async (amount = 20) => {
      const { purchaseId } = await billing.purchase(input({ amount }));
      await tell('payment_intent.succeeded', intent(purchaseId, amount * 100));
      return purchaseId;
    };

    test('a key opens one page, and the id of the purchase is the key at Stripe', async () => {
      const first = await billing.purchase(input({ key: 'k' }));
      const second = await billing.purchase(input({ key: 'k' }));
      expect(second).toEqual(first);
      const [asked, ...more] = stripe.asked;
      expect(more).toEqual([]);
      expect(asked?.key).toBe(first.purchaseId);
      expect(asked?.form.get('line_items[0][price_data][unit_amount]')).toBe('2000');
      expect(asked?.form.get('metadata[purchase]')).toBe(first.purchaseId);
      const other = billing.purchase(input({ key: 'k', amount: 30 }));
      await expect(other).rejects.toMatchObject({ code: 'CONFLICT' });
    });

    test('amounts, keys and return addresses that are no good are refused by name', async () => {
      for (const amount of [0.5, 1.001, 10_001]) {
        expect(() => input({ amount })).toThrow('input.amount');
      }
      expect(() => input({ key: '' })).toThrow('input.idempotencyKey');
      const returnUrl = 'https://bourse.test.evil.test/';
      expect(() => input({ returnUrl })).toThrow('input.returnUrl');
      await billing.purchase(input({ returnUrl: 'https://bourse.test/back' }));
    });

    test('without settings nothing can be bought', async () => {
      const closed = await open(false);
      await expect(closed.purchase(input())).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      const figures = together(autoTopUpFields({ threshold: '5', amount: '20' }));
      const topUp = closed.setAutoTopUp('usr_somebody', { organizationId: acme, ...figures });
      await expect(topUp).rejects.toMatchObject({ code: 'CONFLICT' });
      closed.close();
    });

    test('§32 a payment that is told five times, out of order, is one credit', async () => {
      const { purchaseId } = await billing.purchase(input());
      await Promise.all([
        tell('payment_intent.succeeded', intent(purchaseId)),
        tell('checkout.session.completed', session(purchaseId)),
      ]);
      await tell('checkout.session.expired', session(purchaseId));
      await tell('checkout.session.completed', session(purchaseId));
      await tell('payment_intent.succeeded', intent(purchaseId));
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20');
      expect(await row(purchaseId)).toMatchObject({ status: 'PAID' });
      expect(changed).toContain(acme);
    });

    test('a page that expired and is paid all the same is credited', async () => {
      const { purchaseId } = await billing.purchase(input());
      await tell('checkout.session.expired', session(purchaseId));
      expect(await row(purchaseId)).toMatchObject({ status: 'EXPIRED' });
      await tell('checkout.session.completed', session(purchaseId));
      expect(await row(purchaseId)).toMatchObject({ status: 'PAID', failure: null });
    });

    test('a false signature, an unpaid page and too small a payment credit nothing', async () => {
      const { purchaseId } = await billing.purchase(input());
      const { body } = stripe.event('checkout.session.completed', session(purchaseId));
      const forged = billing.paymentNews(body, 't=1,v1=00');
      await expect(forged).rejects.toMatchObject({ code: 'FORBIDDEN' });
      const unpaid = { ...session(purchaseId), payment_status: 'unpaid' };
      await tell('checkout.session.completed', unpaid);
      await tell('payment_intent.succeeded', intent(purchaseId, 100));
      await tell('payment_intent.succeeded', { ...intent(purchaseId), currency: 'eur' });
      expect(await ledgerOf(storage, acme)).toBe('');
    });

    test('a receipt has number, payer and taxes, for who has the signed address', async () => {
      const { purchaseId } = await billing.purchase(input());
      expect(await billing.receipt(billing.receiptToken(purchaseId))).toBe(null);
      await tell('checkout.session.completed', session(purchaseId));
      const page = await billing.receipt(billing.receiptToken(purchaseId));
      for (const part of ['Acme &#60;GmbH&#62;', 'eu_vat DE123', '3.80 US', '23.80 US', 'Berlin']) {
        expect(page).toContain(part);
      }
      expect(await billing.receipt(`${billing.receiptToken(purchaseId)}x`)).toBe(null);
    });

    const owed = () => balanceOf(storage, `receivable:${acme}`);
    const disputeOf = (purchase: string, amount: number, id = 'dp_1') => ({
      ...{ id, payment_intent: `pi_${purchase}`, amount, status: 'needs_response' },
    });
    const refunded = (purchase: string, cents: number) =>
      tell('charge.refunded', { payment_intent: `pi_${purchase}`, amount_refunded: cents });

    test('a dispute is owed and leaves the balance; won, it is owed no more', async () => {
      const id = await bought();
      const dispute = disputeOf(id, 2_000);
      await tell('charge.dispute.created', dispute);
      await tell('charge.dispute.created', dispute);
      expect([await owed(), await ledgerOf(storage, acme)]).toEqual(['-20', 'PURCHASE 20 → 20']);
      await tell('charge.dispute.closed', { ...dispute, status: 'won' });
      await tell('charge.dispute.created', dispute);
      expect(await owed()).toBe('0');
    });

    test('two disputes of one payment count each for itself', async () => {
      const id = await bought();
      await tell('charge.dispute.created', disputeOf(id, 300, 'dp_1'));
      await tell('charge.dispute.created', disputeOf(id, 400, 'dp_2'));
      expect(await owed()).toBe('-7');
      await tell('charge.dispute.closed', { ...disputeOf(id, 300, 'dp_1'), status: 'won' });
      expect(await owed()).toBe('-4');
    });

    test('what is owed is taken from the next payment first', async () => {
      const id = await bought();
      await takeAway(20);
      await tell('charge.dispute.closed', { ...disputeOf(id, 2_000), status: 'lost' });
      await bought(50);
      expect(await owed()).toBe('0');
      expect(await ledgerOf(storage, acme)).toMatch(/PURCHASE 50 → 50\nADJUSTMENT -20 → 30$/);
    });

    test('a payment that goes back is taken from what is free', async () => {
      const id = await bought();
      await refunded(id, 500);
      await refunded(id, 2_000);
      await refunded(id, 500);
      expect(await ledgerOf(storage, acme)).toMatch(/-5 → 15\nADJUSTMENT -15 → 0$/);
      expect(await row(id)).toMatchObject({ status: 'REFUNDED' });
    });

    const topUp = async () =>
      topUpWhereDue({
        storage,
        payments: await payments(),
        clock: systemClock,
        log: silentLog,
        changed: news,
      });
    const charged = () => stripe.asked.filter(({ path }) => path.endsWith('payment_intents'));
    const setTopUp = async (
      threshold: number | null,
      amount: number | null,
      most: number | null = null,
    ) =>
      billing.setAutoTopUp('usr_somebody', {
        organizationId: acme,
        ...together(
          autoTopUpFields({
            threshold: threshold?.toString(),
            amount: amount?.toString(),
            monthlyMaximum: most?.toString(),
          }),
        ),
      });

    test('a top-up charges the saved payment method once, with its row as the key', async () => {
      const id = await bought();
      await setTopUp(25, 10);
      await Promise.all([topUp(), topUp()]);
      const [asked, ...more] = charged();
      expect(more).toEqual([]);
      expect(asked?.form.get('customer')).toBe(`cus_${id}`);
      expect(asked?.form.get('payment_method')).toBe(`pm_${id}`);
      await tell('payment_intent.succeeded', intent(asked?.key ?? '', 1_000));
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20\nPURCHASE 10 → 30');
      await topUp();
      expect(charged()).toHaveLength(1);
    });

    const saved = async () => {
      const sql = `SELECT customer || ' ' || coalesce(payment_method, '?') AS payer FROM billing
        WHERE organization_id = $1`;
      return (await storage.query<{ payer: string }>(sql, [acme]))[0]?.payer;
    };

    test('it charges how the last purchase was paid, whatever is told late of others', async () => {
      const [first, second] = [await bought(), await bought()];
      expect(await saved()).toBe(`cus_${second} pm_${second}`);
      await tell('checkout.session.completed', session(first));
      await tell('payment_intent.succeeded', intent(first));
      expect(await saved()).toBe(`cus_${second} pm_${second}`);
    });

    test('a payment method is never charged for another payer', async () => {
      await bought();
      const { purchaseId } = await billing.purchase(input());
      await tell('checkout.session.completed', session(purchaseId));
      expect(await saved()).toBe(`cus_${purchaseId} ?`);
      await tell('payment_intent.succeeded', intent(purchaseId));
      await tell('checkout.session.completed', session(purchaseId));
      expect(await saved()).toBe(`cus_${purchaseId} pm_${purchaseId}`);
    });

    test('the month has its maximum', async () => {
      await bought();
      await setTopUp(100, 10, 15);
      await topUp();
      await topUp();
      expect(charged()).toHaveLength(1);
    });

    test('three refusals switch it off, with a pause after each and a notice', async () => {
      await bought();
      await setTopUp(100, 10);
      stripe.answer = 'declined';
      for (let tries = 1; tries <= 4; tries++) {
        await topUp();
        await topUp();
        expect(charged()).toHaveLength(Math.min(tries, 3));
        await storage.query('UPDATE billing SET top_up_not_before = NULL');
      }
      const [set] = await storage.query(
        'SELECT top_up_disabled_reason AS reason FROM billing WHERE organization_id = $1',
        [acme],
      );
      expect(set).toEqual({ reason: 'Your card was declined.' });
      const alerts = 'SELECT kind FROM credit_alert WHERE organization_id = $1';
      expect(await storage.query(alerts, [acme])).toEqual([{ kind: 'TOP_UP_DISABLED' }]);
    });

    test('an attempt whose outcome is not known is asked again under the same key', async () => {
      await bought();
      await setTopUp(100, 10);
      stripe.answer = 'broken';
      await topUp();
      const before = new Set(charged().map(({ key }) => key));
      stripe.answer = 'succeeded';
      await topUp();
      await storage.query(`UPDATE purchase SET asked_at = asked_at - interval '61 s'`);
      await topUp();
      expect(new Set(charged().map(({ key }) => key))).toEqual(before);
      expect(await ledgerOf(storage, acme)).toMatch(/PURCHASE 10 → 30$/);
    });

    test('what a bank takes days for goes back only after it has come', async () => {
      await bought();
      await setTopUp(100, 10);
      stripe.answer = 'processing';
      await topUp();
      const sql =
        'SELECT id, payment_intent AS intent FROM purchase WHERE automatic AND status = $1';
      const [pending] = await storage.query<{ id: string; intent: string }>(sql, ['OPEN']);
      const { id = '', intent: payment_intent = '' } = pending ?? {};
      const back = () => tell('charge.refunded', { payment_intent, amount_refunded: 1_000 });
      await expect(back()).rejects.toMatchObject({ code: 'CONFLICT' });
      await tell('payment_intent.succeeded', { ...intent(id, 1_000), id: payment_intent });
      await back();
      expect(await ledgerOf(storage, acme)).toMatch(/PURCHASE 10 → 30\nADJUSTMENT -10 → 20$/);
    });

    test('an attempt that the payment provider gave up makes room for the next', async () => {
      await bought();
      await setTopUp(100, 10);
      stripe.answer = 'processing';
      await topUp();
      const [{ id = '' } = {}] = await storage.query<{ id: string }>(
        `SELECT id FROM purchase WHERE automatic AND status = 'OPEN'`,
      );
      await tell('payment_intent.canceled', { ...intent(id), amount_received: 0 });
      expect(await row(id)).toMatchObject({ status: 'FAILED' });
    });

    test('half a setting is refused, and none turns it off', async () => {
      await expect(setTopUp(5, null)).rejects.toThrow('input.amount');
      await expect(setTopUp(null, 5)).rejects.toThrow('input.threshold');
      await expect(setTopUp(5, 5, 4)).rejects.toThrow('input.monthlyMaximum');
      await bought();
      await setTopUp(100, 10);
      await setTopUp(null, null);
      await topUp();
      expect(charged()).toEqual([]);
    });
  });
}
