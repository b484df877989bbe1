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

const open = (id: string) =>
  payments.checkout({
    ...{ id, amount: dollars(10), customer: 'cus_1' },
    returnUrl: 'https://bourse.test/credits',
  });
const payers = () => stripe.asked.map(({ form }) => form.get('customer'));

test('who paid before is the payer again', async () => {
  await open('pur_1');
  expect(payers()).toEqual(['cus_1']);
});

test('who is not known to Stripe any more can buy all the same, as a new payer', async () => {
  stripe.gone.add('cus_1');
  const page = await open('pur_1');
  expect(page.url).toMatch(/^https:/);
  expect(payers()).toEqual(['cus_1', null]);
  expect(stripe.asked[1]?.form.get('customer_creation')).toBe('always');
  expect(await open('pur_1')).toEqual(page);
});

test('an answer without a page is none: the payer is told to try again', async () => {
  stripe.answer = 'strange';
  await expect(open('pur_1')).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
});
