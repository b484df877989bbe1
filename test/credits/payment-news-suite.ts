import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Billing, type Credits, openBilling, stripePayments } from '#credits';
import { type Clock, formatMoney, Secret, seededRandom, silentLog, systemClock } from '#kernel';
import type { Storage } from '#storage';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { balanceOf, dollars, ledgerOf, openNode, organization, violations } from './node.ts';
import { type StripeStandIn, stripeStandIn, webhookSecret } from './stripe-stand-in.ts';

/** Tests alone look: a look between two lines would be a race. */
const looksOnlyWhenTold: Clock = { ...systemClock, every: () => ({ cancel: () => {} }) };

/** What Stripe tells of payments, of ours and of others' on the same account, on both databases. */
export function paymentNewsSuite(kind: DatabaseKind): void {
  describe(`payment news on ${kind}`, () => {
    let storage: Storage;
    let credits: Credits;
    let billing: Billing;
    let stripe: StripeStandIn;
    let acme: string;

    beforeAll(async () => {
      stripe = await stripeStandIn();
      storage = await freshDatabase(kind);
      credits = await openNode(storage);
      billing = openBilling({
        ...{ storage, credits, clock: looksOnlyWhenTold, log: silentLog },
        linkKey: new Uint8Array(32),
        payments: await stripePayments({
          secretKey: new Secret('sk_test_of_the_tests'),
          webhookSecret: new Secret(webhookSecret),
          apiBase: stripe.url,
          log: silentLog,
        }),
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
      await stripe.close();
    });
    beforeEach(async () => {
      acme = await organization(storage, 0);
      stripe.answer = 'succeeded';
    });
    afterEach(async () => expect(await violations(storage)).toEqual([]));

    const tell = (type: string, object: object) => {
      const { body, signature } = stripe.event(type, object);
      return billing.paymentNews(body, signature);
    };
    const opened = async () => {
      const wish = { returnUrl: 'https://bourse.test', idempotencyKey: null, actor: 'usr_1' };
      const asked = { organizationId: acme, amount: dollars(20), ...wish };
      return (await billing.purchase(asked)).purchaseId;
    };
    const intentOf = (purchase: string, cents = 2_000) => ({
      ...{ id: `pi_${purchase}`, object: 'payment_intent', status: 'succeeded', currency: 'usd' },
      ...{ amount_received: cents, customer: null, payment_method: null, metadata: { purchase } },
    });
    const bought = async () => {
      const purchase = await opened();
      await tell('payment_intent.succeeded', intentOf(purchase));
      return purchase;
    };
    const total = (purchase: string, cents: number) => ({
      payment_intent: `pi_${purchase}`,
      amount_refunded: cents,
    });
    const refund = (purchase: string, amount: number, given: { id?: string; status?: string }) => ({
      ...{ id: 're_1', status: 'succeeded', ...given },
      ...{ payment_intent: `pi_${purchase}`, amount },
    });
    const dispute = (purchase: string) => ({
      ...{ id: 'dp_1', payment_intent: `pi_${purchase}`, amount: 2_000, status: 'needs_response' },
    });
    const purchase = async (id: string) => {
      const sql = 'SELECT status, returned FROM purchase WHERE id = $1';
      return (await storage.query<{ status: string; returned: bigint }>(sql, [id]))[0];
    };
    const owed = () => balanceOf(storage, `receivable:${acme}`);

    test('what is told of the payments of other products changes nothing', async () => {
      const id = await bought();
      const others = { ...intentOf(''), id: 'pi_others', metadata: { order: '17' } };
      stripe.payments.set('pi_others', others);
      stripe.payments.set('pi_elsewhere', { ...intentOf('pur_elsewhere'), id: 'pi_elsewhere' });
      for (const payment_intent of ['pi_others', 'pi_elsewhere', 'pi_unknown']) {
        await tell('charge.refunded', { payment_intent, amount_refunded: 500 });
        await tell('refund.failed', { ...refund('', 500, { status: 'failed' }), payment_intent });
        await tell('charge.dispute.created', { ...dispute(''), payment_intent });
      }
      await tell('payment_intent.succeeded', others);
      await tell('invoice.paid', { id: 'in_1' });
      expect([await ledgerOf(storage, acme), await owed()]).toEqual(['PURCHASE 20 → 20', '0']);
      expect(await purchase(id)).toEqual({ status: 'PAID', returned: 0n });
    });

    test('a payment of which something goes back is credited first', async () => {
      const id = await opened();
      stripe.payments.set(`pi_${id}`, intentOf(id));
      await tell('charge.refunded', total(id, 500));
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20\nADJUSTMENT -5 → 15');
      await tell('payment_intent.succeeded', intentOf(id));
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20\nADJUSTMENT -5 → 15');
    });

    test('what went back of a payment that credited nothing takes nothing', async () => {
      const id = await opened();
      stripe.payments.set(`pi_${id}`, intentOf(id, 100));
      await tell('payment_intent.succeeded', intentOf(id, 100));
      await tell('charge.refunded', total(id, 100));
      await tell('payment_intent.succeeded', { ...intentOf(id), id: 'pi_second' });
      await tell('charge.refunded', total(id, 100));
      expect(await ledgerOf(storage, acme)).toBe('PURCHASE 20 → 20');
    });

    test('news of a payment that is not complete, or not to be seen, is told again', async () => {
      const id = await opened();
      await storage.query('UPDATE purchase SET payment_intent = $2 WHERE id = $1', [
        ...[id, `pi_${id}`],
      ]);
      stripe.payments.set(`pi_${id}`, { ...intentOf(id), status: 'processing' });
      const early = tell('charge.dispute.created', dispute(id));
      await expect(early).rejects.toMatchObject({ code: 'CONFLICT' });
      stripe.answer = 'broken';
      const silent = tell('charge.dispute.created', dispute(id));
      await expect(silent).rejects.toMatchObject({ code: 'UNAVAILABLE' });
      expect(await ledgerOf(storage, acme)).toBe('');
    });

    test('a refund that failed gives back what it took', async () => {
      const id = await bought();
      await tell('refund.created', refund(id, 2_000, { status: 'pending' }));
      await tell('charge.refunded', total(id, 2_000));
      expect(await purchase(id)).toMatchObject({ status: 'REFUNDED' });
      await tell('refund.failed', refund(id, 2_000, { status: 'failed' }));
      const all = 'PURCHASE 20 → 20\nADJUSTMENT -20 → 0\nADJUSTMENT 20 → 20';
      expect(await ledgerOf(storage, acme)).toBe(all);
      expect(await purchase(id)).toEqual({ status: 'PAID', returned: 0n });
      await tell('charge.refunded', total(id, 2_000));
      await tell('refund.created', refund(id, 2_000, { status: 'pending' }));
      await tell('refund.failed', refund(id, 2_000, { status: 'failed' }));
      expect([await ledgerOf(storage, acme), await owed()]).toEqual([all, '0']);
    });

    test('a refund that failed is known by totals alone, too', async () => {
      const id = await bought();
      await tell('charge.refunded', total(id, 500));
      await tell('charge.refunded', total(id, 800));
      await tell('refund.failed', refund(id, 500, { status: 'failed' }));
      expect(await purchase(id)).toEqual({ status: 'PAID', returned: dollars(3) });
    });

    test.each(Array.from({ length: 12 }, (_, seed) => seed))(
      'refunds told in any order, repeatedly, take what did not fail (%i)',
      async (seed) => {
        const random = seededRandom(seed);
        const upTo = (most: number) => Math.floor(random.next() * most);
        const id = await bought();
        const leavesOutFailures = seed % 2 === 0;
        const news: [string, object][] = [];
        let [made, lost] = [0, 0];
        for (let n = 0; n < 4; n++) {
          const amount = 1 + upTo(700);
          made += amount;
          const one = (status: string) => refund(id, amount, { id: `re_${n}`, status });
          news.push(['refund.created', one('pending')]);
          news.push(['charge.refunded', total(id, leavesOutFailures ? made - lost : made)]);
          if (upTo(2) === 0) continue;
          lost += amount;
          news.push(['refund.failed', one('failed')], ['refund.updated', one('failed')]);
        }
        const told = [...news, ...news].sort(() => random.next() - 0.5);
        for (const [type, object] of told) await tell(type, object);
        const returned = BigInt(Math.min(2_000, made - lost)) * 10n ** 10n;
        expect((await purchase(id))?.returned).toBe(returned);
        expect(await ledgerOf(storage, acme)).toMatch(
          new RegExp(`→ ${formatMoney(dollars(20) - returned)}$`),
        );
      },
    );

    test('what is signed and no event is refused by what is wrong with it', async () => {
      const wrong: [string, unknown][] = [
        ['event', null],
        ['type', {}],
        ['data', { type: 'charge.refunded' }],
        ['data.object', { type: 'charge.refunded', data: { object: 7 } }],
        ['data.object.amount_refunded', { type: 'charge.refunded', data: { object: {} } }],
        [
          'data.object.amount',
          { type: 'refund.failed', data: { object: { id: 're', amount: 1.5, status: 'failed' } } },
        ],
      ];
      for (const [path, event] of wrong) {
        const { body, signature } = stripe.signed(JSON.stringify(event));
        const refused = billing.paymentNews(body, signature);
        await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT', issues: [{ path }] });
      }
      const { body, signature } = stripe.signed('{');
      const refused = billing.paymentNews(body, signature);
      await expect(refused).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    });
  });
}
