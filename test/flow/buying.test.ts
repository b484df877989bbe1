import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import { administrator, bearer, done, join, keyOf, person } from '../access/callers.ts';
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
  acme = await customer(app, '1');
}, 240_000);
afterEach(async () => expect(await app.audit()).toEqual([]));
afterAll(async () => {
  await app?.close();
  await stripe?.close();
});

/** What the platform's administrator reads of the organization. */
async function ofAcme(fields: string): Promise<Data> {
  const { data, errors } = await app.admin.ask(
    `query ($id: ID!) { node(id: $id) { ... on Organization { ${fields} } } }`,
    { id: acme.organizationId },
  );
  expect(errors).toBeUndefined();
  return data.node;
}

async function buy(amount: string): Promise<{ id: string; checkoutUrl: string }> {
  const { data } = await app.admin.ask(
    `mutation ($input: PurchaseCreditsInput!) { purchaseCredits(input: $input) { __typename
      ... on PurchaseCreditsPayload { checkoutUrl purchase { id status } }
      ... on Error { message } } }`,
    { input: { organizationId: acme.organizationId, amount, returnUrl: `${app.url}/credits` } },
  );
  expect(data.purchaseCredits).toMatchObject({ purchase: { status: 'OPEN' } });
  const { checkoutUrl, purchase } = data.purchaseCredits;
  return { id: purchase.id, checkoutUrl };
}

async function tell(type: string, object: object): Promise<number> {
  const { body, signature } = stripe.event(type, object);
  const response = await fetch(`${app.url}/webhooks/stripe`, {
    method: 'POST',
    headers: { 'Stripe-Signature': signature },
    body: new Uint8Array(body),
  });
  return response.status;
}

const page = (purchase: string) => ({
  ...{ id: `cs_${purchase}`, payment_status: 'paid', currency: 'usd' },
  ...{ amount_subtotal: 2_000, amount_total: 2_000, payment_intent: `pi_${purchase}` },
  metadata: { purchase },
});
const intent = (purchase: string) => ({
  ...{ id: `pi_${purchase}`, currency: 'usd', amount_received: 2_000 },
  metadata: { purchase },
});

it('a payment told five times, out of order, is one credit that watchers see at once', async () => {
  const { id, checkoutUrl } = await buy('20');
  expect(checkoutUrl).toMatch(/^https:\/\/pay\.test\//);
  const watching = app.admin.overWebSocket(
    `subscription ($id: ID!) { creditAccount(organizationId: $id) { balance
      purchases(first: 1) { nodes { status } } } }`,
    { id: acme.organizationId },
  );
  const states = watching[Symbol.asyncIterator]();
  expect((await states.next()).value).toMatchObject({ balance: '1' });
  const next = states.next();
  const statuses = [
    await tell('checkout.session.expired', page(id)),
    await tell('payment_intent.succeeded', intent(id)),
    await tell('checkout.session.completed', page(id)),
    await tell('payment_intent.succeeded', intent(id)),
    await tell('checkout.session.completed', page(id)),
  ];
  expect(statuses).toEqual([200, 200, 200, 200, 200]);
  let state = (await next).value;
  while (state.balance === '1') state = (await states.next()).value;
  expect(state).toEqual({ balance: '21', purchases: { nodes: [{ status: 'PAID' }] } });
  watching.leave();
  const { credits, auditLog } = await ofAcme(`credits { balance
    ledger(first: 5) { nodes { kind amount balanceAfter } }
    purchases(first: 5) { nodes { status amount receiptUrl } } }
    auditLog(filter: { action: "credits.purchased" }) { nodes { subject details } }`);
  expect(auditLog.nodes).toEqual([{ subject: id, details: { amount: '20' } }]);
  expect(credits.balance).toBe('21');
  expect(credits.ledger.nodes).toEqual([
    { kind: 'PURCHASE', amount: '20', balanceAfter: '21' },
    { kind: 'GRANT', amount: '1', balanceAfter: '1' },
  ]);
  const [purchase] = credits.purchases.nodes;
  const receipt = await fetch(purchase.receiptUrl);
  expect(receipt.status).toBe(200);
  const text = await receipt.text();
  expect(text).toMatch(/20\b.*US dollars/);
  expect(text).toContain(`Bourse, ${new URL(app.url).host}`);
}, 60_000);

it('a key that bought is shown in the ledger to those who may list keys', async () => {
  const { organizationId } = acme;
  const owner = administrator(app);
  const { id, secret } = await keyOf(owner, { organizationId, kind: 'MANAGEMENT' });
  const { purchase } = await done(
    bearer(app.url, secret),
    `mutation ($input: PurchaseCreditsInput!) { purchaseCredits(input: $input) {
      ... on PurchaseCreditsPayload { purchase { id } } ... on Error { message } } }`,
    { input: { organizationId, amount: '20', returnUrl: `${app.url}/credits` } },
  );
  expect(await tell('checkout.session.completed', page(purchase.id))).toBe(200);
  const bookkeeper = await person(app.url, 'bookkeeper@example.com');
  await join(owner, bookkeeper, { organizationId, role: 'BILLING' });
  const ledger = `query ($id: ID!) { node(id: $id) { ... on Organization { credits {
    ledger(first: 1) { nodes { kind actor { ... on ApiKey { id } } } } } } } }`;
  const shown = await Promise.all(
    [owner, bookkeeper].map(async (who) => {
      const { data } = await who.ask(ledger, { id: organizationId });
      return data.node.credits.ledger.nodes;
    }),
  );
  expect(shown).toEqual([
    [{ kind: 'PURCHASE', actor: { id } }],
    [{ kind: 'PURCHASE', actor: null }],
  ]);
}, 60_000);

it('what is not signed by the payment provider is refused and credits nothing', async () => {
  const before = await acme.credits();
  const { id } = await buy('20');
  const { body } = stripe.event('payment_intent.succeeded', intent(id));
  for (const headers of [{}, { 'Stripe-Signature': 't=1,v1=00' }]) {
    const sent = { method: 'POST', headers, body: new Uint8Array(body) };
    expect((await fetch(`${app.url}/webhooks/stripe`, sent)).status).toBe(403);
  }
  expect(await acme.credits()).toEqual(before);
});

it("other products' payments change nothing; what is signed and no event is refused", async () => {
  const before = await acme.credits();
  const others = { payment_intent: 'pi_others', amount_refunded: 500 };
  stripe.payments.set('pi_others', { ...intent('x'), metadata: {}, status: 'succeeded' });
  expect(await tell('charge.refunded', others)).toBe(200);
  expect(await tell('charge.refunded', { ...others, amount_refunded: 'much' })).toBe(400);
  expect(await acme.credits()).toEqual(before);
});

it.each(['grantCredits', 'adjustCredits'])(
  '%s finds no organization that is not there',
  async (move) => {
    for (const organizationId of ['org_nope', 'org_01m8bbxrveq1r0trtsb59ffpd9']) {
      const { data } =
        await app.admin.ask(`mutation { ${move}(input: { amount: "5", reason: "Nobody",
      organizationId: "${organizationId}", idempotencyKey: "nobody" }) { __typename } }`);
      expect(data[move]).toEqual({ __typename: 'NotFoundError' });
    }
  },
);

it('usage, statement and export say the same of what was charged, to the last digit', async () => {
  const complete = `mutation { complete(input: { model: "sandbox/echo", maxTokens: 20
    messages: [{ role: USER, content: "one two three" }] }) {
    ... on CompletePayload { completion { id usage { charged fee promptTokens } } } } }`;
  const runs = await Promise.all(Array.from({ length: 5 }, () => acme.ask(complete)));
  const usages = runs.map(({ data }) => data.complete.completion.usage);
  const charged = usages.reduce((sum, usage) => sum + parseMoney(usage.charged), 0n);
  expect(charged).toBeGreaterThan(0n);
  const { usage, credits } = await ofAcme(`
    usage(groupBy: [MODEL]) { totalCount total { requests charged promptTokens }
      nodes { requests charged model { slug } } }
    credits { balance statement(since: "2026-01-01T00:00:00Z", until: "2100-01-01T00:00:00Z") {
      openingBalance closingBalance exportUrl totals { kind entries amount } } }`);
  expect(usage.total.requests).toBe(5);
  expect(parseMoney(usage.total.charged)).toBe(charged);
  expect(usage.nodes).toMatchObject([{ requests: 5, model: { slug: 'sandbox/echo' } }]);
  const { statement, balance } = credits;
  expect([statement.openingBalance, statement.closingBalance]).toEqual(['0', balance]);
  const line = statement.totals.find(({ kind }: Data) => kind === 'USAGE');
  expect([line.entries, parseMoney(line.amount)]).toEqual([5, -charged]);
  const csv = await (await fetch(statement.exportUrl)).text();
  const lines = csv.trim().split('\r\n').slice(1);
  const entered = lines.filter((row) => row.includes(',USAGE,'));
  expect(entered).toHaveLength(5);
  const amounts = entered.map((row) => parseMoney(row.split(',')[3] ?? ''));
  expect(amounts.reduce((sum, amount) => sum + amount, 0n)).toBe(-charged);
  const tampered = statement.exportUrl.replace(/.$/, (last: string) => (last === 'A' ? 'B' : 'A'));
  expect((await fetch(tampered)).status).toBe(404);
}, 60_000);

it('what is not there is null, whatever is selected below it', async () => {
  await buy('20');
  const { data } = await app.admin.ask(
    `mutation ($organizationId: ID!) { complete(input: { organizationId: $organizationId,
      model: "sandbox/echo", messages: [{ role: USER, content: "Hello" }] }) {
      ... on CompletePayload { completion { id
        apiKey { name organization { slug } }
        attempts { providerKey { name organization { slug } } } } } } }`,
    { organizationId: acme.organizationId },
  );
  expect(data.complete.completion).toMatchObject({
    apiKey: null,
    attempts: [{ providerKey: null }],
  });
  const plan = `{ routePlan(input: { model: "sandbox/echo" }) {
    candidates { providerKey { name provider { slug } organization { slug } } } } }`;
  const planned = await app.admin.ask(plan);
  expect(planned.data.routePlan.candidates).toEqual([{ providerKey: null }]);
  const { credits, usage } = await ofAcme(`credits {
      purchases(first: 1) { nodes { ledgerEntry { kind purchase { status } } } }
      ledger(last: 1) { nodes { kind purchase { status ledgerEntry { kind } } } } }
    usage(groupBy: [MODEL]) { nodes {
      apiKey { name organization { slug } } member { role user { name } } } }`);
  expect(credits.purchases.nodes).toEqual([{ ledgerEntry: null }]);
  expect(credits.ledger.nodes).toEqual([{ kind: 'GRANT', purchase: null }]);
  for (const bucket of usage.nodes) expect(bucket).toEqual({ apiKey: null, member: null });
}, 60_000);
