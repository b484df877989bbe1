import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Payments, stripePayments } from '#credits';
import { Secret, silentLog } from '#kernel';
import { dollars } from './node.ts';
import { type StripeStandIn, stripeStandIn, webhookSecret } from './stripe-stand-in.ts';

let stripe: StripeStandIn;
let payments: Payments;

beforeEach(async () => {
  stripe = await stripeStandIn();
  payments = await stripePayments({
    secretKey: new Secret('sk_test_of_the_tests'),
    webhookSecret: new Secret(webhookSecret),
    apiBase: stripe.url,
    log: silentLog,
  });
});
afterEach(() => stripe.close());

const attempt = (id: string) => ({
  ...{ id, amount: dollars(10), customer: 'cus_1', paymentMethod: 'pm_1' },
  since: new Date('2026-11-27T12:00:00Z'),
});

test('a failure that Stripe keeps under the key stays unknown, and is in no list', async () => {
  stripe.answer = 'failing';
  expect(await payments.charge(attempt('pur_1'))).toEqual({ kind: 'UNKNOWN' });
  stripe.answer = 'succeeded';
  expect(await payments.charge(attempt('pur_1'))).toEqual({ kind: 'UNKNOWN' });
  expect(await payments.look(attempt('pur_1'))).toEqual({ kind: 'NONE' });
});

test('what was made is found in the list, with what became of it', async () => {
  stripe.answer = 'processing';
  const pending = await payments.charge(attempt('pur_1'));
  stripe.answer = 'succeeded';
  const paid = await payments.charge(attempt('pur_2'));
  expect([pending.kind, paid.kind]).toEqual(['PENDING', 'PAID']);
  expect(await payments.look(attempt('pur_1'))).toEqual(pending);
  expect(await payments.look(attempt('pur_2'))).toEqual(paid);
  const asked = new URL(stripe.asked.at(-1)?.path ?? '', stripe.url).searchParams;
  expect(Object.fromEntries(asked)).toMatchObject({ customer: 'cus_1', limit: '100' });
  // Stripe's clock may be another: ten minutes before ours.
  expect(asked.get('created[gte]')).toBe(String(Date.UTC(2026, 10, 27, 11, 50) / 1_000));
});

test('a list that does not come leaves it unknown', async () => {
  stripe.answer = 'broken';
  expect(await payments.look(attempt('pur_1'))).toEqual({ kind: 'UNKNOWN' });
});

test('an answer that names no payment is no refusal: what became of it stays unknown', async () => {
  stripe.answer = 'strange';
  expect(await payments.charge(attempt('pur_1'))).toEqual({ kind: 'UNKNOWN' });
});
