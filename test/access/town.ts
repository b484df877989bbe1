import { type Clock, idKind, newId, systemClock } from '#kernel';
import { type StripeStandIn, stripeStandIn, webhookSecret } from '../credits/stripe-stand-in.ts';
import { offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';
import {
  administrator,
  bearer,
  Caller,
  type CallerName,
  done,
  invite,
  join,
  keyOf,
  person,
} from './callers.ts';

/** What is asked of: an organization and one of everything that it has. */
export interface Target {
  readonly organizationId: string;
  readonly slug: string;
  readonly membershipId: string;
  readonly userId: string;
  readonly apiKeyId: string;
  readonly invitationId: string;
  readonly providerKeyId: string;
  readonly completionId: string;
  readonly accountId: string;
  readonly entryId: string;
  readonly purchaseId: string;
  readonly auditEventId: string;
}

/** Everybody who asks, what they ask of, and what never existed. */
export interface Town {
  readonly app: WholeApp;
  readonly callers: ReadonlyMap<CallerName, Caller>;
  readonly admin: Caller;
  /** A member who is there to be changed. */
  readonly spare: Caller;
  readonly target: Target;
  readonly ghost: Target;
  /** Of the market, which is everybody's. */
  readonly endpointId: string;
  readonly modelId: string;
  readonly providerId: string;
  readonly cursor: string;
  close(): Promise<void>;
}

const roles = ['VIEWER', 'DEVELOPER', 'BILLING', 'ADMIN'] as const;
export const model = 'access/one';

export async function openTown(): Promise<Town> {
  const stripe = await stripeStandIn();
  const app = await wholeApp({ settings: stripeSettings(stripe) });
  const { url } = app;
  const admin = administrator(app);
  const owner = await person(url, 'owner@example.com');
  const organization = await organizationOf(owner, 'Ours');
  const organizationId = organization.id;
  await credit(admin, organizationId);
  await keepContent(owner, organizationId);
  const callers = new Map<CallerName, Caller>([['nobody', new Caller(url, {})]]);
  const stranger = await person(url, 'stranger@example.com');
  const { id: theirs } = await organizationOf(stranger, 'Theirs');
  await credit(admin, theirs);
  for (const kind of ['INFERENCE', 'MANAGEMENT'] as const) {
    const foreign = await keyOf(stranger, { organizationId: theirs, kind });
    callers.set(`another's ${kind} key`, bearer(url, foreign.secret));
    const own = await keyOf(owner, { organizationId, kind });
    callers.set(`${kind} key`, bearer(url, own.secret));
  }
  for (const role of roles) {
    const member = await person(url, `${role.toLowerCase()}@example.com`);
    await join(owner, member, { organizationId, role });
    callers.set(role, member);
  }
  callers.set('OWNER', owner).set('platform administrator', admin);
  const spare = await person(url, 'spare@example.com');
  const membershipId = await join(owner, spare, { organizationId, role: 'VIEWER' });
  const market = await offered(app, admin);
  const target = { ...organization, ...(await possessions(owner, organizationId)), membershipId };
  const whole = { organizationId, ...target } as unknown as Target; // every field is there by now
  return {
    app,
    callers,
    admin,
    spare,
    target: whole,
    ghost: ghostOf(whole),
    ...market,
    async close() {
      await app.close();
      await stripe.close();
    },
  };
}

const stripeSettings = ({ url }: StripeStandIn) => ({
  STRIPE_SECRET_KEY: 'sk_test_of_the_tests',
  STRIPE_WEBHOOK_SECRET: webhookSecret,
  STRIPE_API_BASE: url,
});

async function organizationOf(owner: Caller, name: string): Promise<{ id: string; slug: string }> {
  const { organization } = await done(
    owner,
    `mutation ($name: String!) { createOrganization(input: { name: $name }) {
      ... on CreateOrganizationPayload { organization { id slug } } ... on Error { message } } }`,
    { name },
  );
  return organization;
}

const keepContent = (owner: Caller, id: string) =>
  done(
    owner,
    `mutation ($id: ID!) { updateOrganization(input: { id: $id, retainContentDays: 1 }) {
      __typename ... on Error { message } } }`,
    { id },
  );

const credit = (admin: Caller, organizationId: string) =>
  done(
    admin,
    `mutation ($organizationId: ID!) { grantCredits(input: { organizationId: $organizationId,
      amount: "100", reason: "To begin with", idempotencyKey: "${crypto.randomUUID()}" }) {
      __typename ... on Error { message } } }`,
    { organizationId },
  );

export const offerAgain = ({ admin }: WholeApp) =>
  offer(admin, { model, provider: 'access', baseUrl: 'http://127.0.0.1:1/v1' });

async function offered(app: WholeApp, admin: Caller) {
  await offerAgain(app);
  const { data } = await admin.ask(
    `{ model(slug: "${model}") { id endpoints { id provider { id } } } catalogChanges(last: 5) { edges { cursor } } }`,
  );
  const [endpoint] = data.model.endpoints;
  return {
    endpointId: endpoint.id,
    modelId: data.model.id,
    providerId: endpoint.provider.id,
    cursor: data.catalogChanges.edges.at(-1).cursor,
  };
}

export const addProviderKey = (by: Caller, organizationId: string) =>
  done(
    by,
    `mutation ($organizationId: ID!, $secret: String!) { addProviderKey(input: {
      organizationId: $organizationId, provider: "access", name: "k", secret: $secret }) {
      ... on AddProviderKeyPayload { providerKey { id } } ... on Error { message } } }`,
    { organizationId, secret: crypto.randomUUID() },
  );

async function possessions(owner: Caller, organizationId: string) {
  const { id: apiKeyId } = await keyOf(owner, { organizationId, kind: 'INFERENCE' });
  const email = 'invited@example.com';
  const { invitation } = await invite(owner, { organizationId, email, role: 'VIEWER' });
  const { providerKey } = await addProviderKey(owner, organizationId);
  const { completion } = await done(
    owner,
    `mutation ($organizationId: ID) { complete(input: { organizationId: $organizationId,
      model: "sandbox/echo", maxTokens: 5, messages: [{ role: USER, content: "Ours alone" }] }) {
      ... on CompletePayload { completion { id } } ... on Error { message } } }`,
    { organizationId },
  );
  const { purchase } = await done(
    owner,
    `mutation ($organizationId: ID!) { purchaseCredits(input: {
      organizationId: $organizationId, amount: "10" }) {
      ... on PurchaseCreditsPayload { purchase { id } } ... on Error { message } } }`,
    { organizationId },
  );
  const { data } = await owner.ask(
    `query ($id: ID!) { node(id: $id) { ... on Organization {
      credits { id ledger(first: 1) { nodes { id } } } auditLog(first: 1) { nodes { id } } } }
      viewer { ... on User { id } } }`,
    { id: organizationId },
  );
  const { credits, auditLog } = data.node;
  return {
    apiKeyId,
    invitationId: invitation.id,
    providerKeyId: providerKey.id,
    completionId: completion.id,
    purchaseId: purchase.id,
    accountId: credits.id,
    entryId: credits.ledger.nodes[0].id,
    auditEventId: auditLog.nodes[0].id,
    userId: data.viewer.id,
  };
}

const clock: Clock = systemClock;

/** The same with ids that were never given to anything. */
export function ghostOf(target: Target): Target {
  const unused = (id: string) => {
    const kind = idKind(id);
    return kind ? newId(kind, clock) : `no-${id}`;
  };
  const entries = Object.entries(target).map(([name, id]) => [name, unused(id)]);
  return Object.fromEntries(entries) as Target;
}
