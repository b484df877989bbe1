import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type StripeStandIn, stripeStandIn, webhookSecret } from '../credits/stripe-stand-in.ts';
import type { Data } from '../harness/graphql-client.ts';
import { type Customer, customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let stripe: StripeStandIn;

beforeAll(async () => {
  stripe = await stripeStandIn();
  const settings = {
    STRIPE_SECRET_KEY: 'sk_test_of_the_tests',
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    STRIPE_API_BASE: stripe.url,
  };
  app = await wholeApp({ settings });
}, 240_000);
beforeEach(async () => {
  acme = await customer(app, '1');
  stripe.answer = 'succeeded';
});
afterEach(async () => expect(await app.audit()).toEqual([]));
afterAll(async () => {
  await app?.close();
  await stripe?.close();
});

async function buy(given: object = {}): Promise<Data> {
  const { data } = await app.admin.ask(
    `mutation ($input: PurchaseCreditsInput!) { purchaseCredits(input: $input) {
      ... on PurchaseCreditsPayload { checkoutUrl purchase { id status } }
      ... on Error { code retryable } ... on InvalidInputError { path issues { accepted } } } }`,
    { input: { organizationId: acme.organizationId, amount: '20', ...given } },
  );
  return data.purchaseCredits;
}

const watched = `subscription ($id: ID!) { creditAccount(organizationId: $id) {
  purchases(first: 5) { nodes { status failure } } } }`;

it('a purchase whose page was not opened has failed, and its key opens another', async () => {
  stripe.answer = 'strange';
  const asked = { idempotencyKey: 'once' };
  expect(await buy(asked)).toEqual({ code: 'UNAVAILABLE', retryable: true });
  stripe.answer = 'succeeded';
  // Stripe answers what it answered before, under the key that it was asked with then.
  const { checkoutUrl, purchase } = await buy(asked);
  expect(checkoutUrl).toMatch(/^https:/);
  expect(await buy(asked)).toMatchObject({ checkoutUrl, purchase });
  const watching = app.admin.overWebSocket(watched, { id: acme.organizationId });
  const states = watching[Symbol.asyncIterator]();
  expect((await states.next()).value.purchases.nodes).toEqual([
    { status: 'OPEN', failure: null },
    { status: 'FAILED', failure: 'The payment provider opened no page.' },
  ]);
  watching.leave();
});

it('who watches an account sees a page that is opened', async () => {
  const watching = app.admin.overWebSocket(watched, { id: acme.organizationId });
  const states = watching[Symbol.asyncIterator]();
  expect((await states.next()).value.purchases.nodes).toEqual([]);
  const next = states.next();
  await buy();
  expect((await next).value.purchases.nodes).toMatchObject([{ status: 'OPEN' }]);
  watching.leave();
});

it('a way back is sent as every reader takes it, or refused', async () => {
  await buy({ returnUrl: ` ${app.url.replace('http:', 'HTTP:')}\\@evil.test/a b\n` });
  const sent = stripe.asked.at(-1)?.form.get('success_url');
  expect(sent).toBe(`${app.url}/@evil.test/a%20b`);
  const tooLong = await buy({ returnUrl: `${app.url}/${'x'.repeat(2_048)}` });
  expect(tooLong).toMatchObject({
    path: ['input', 'returnUrl'],
    issues: [{ accepted: expect.stringContaining('2048 characters') }],
  });
});

it("a maximum beside no top-up is told so, and a missing amount isn't told twice", async () => {
  const set = async (given: object) => {
    const { data } = await app.admin.ask(
      `mutation ($input: SetAutoTopUpInput!) { setAutoTopUp(input: $input) {
        ... on InvalidInputError { issues { path accepted } } } }`,
      { input: { organizationId: acme.organizationId, ...given } },
    );
    return data.setAutoTopUp.issues.map(({ path, accepted }: Data) => [path, accepted]);
  };
  expect(await set({ monthlyMaximum: '5' })).toEqual([
    ['input.monthlyMaximum', '`threshold` and `amount` beside it'],
  ]);
  expect(await set({ threshold: '1', monthlyMaximum: '5' })).toEqual([
    ['input.amount', 'both of threshold and amount, or neither'],
  ]);
});
