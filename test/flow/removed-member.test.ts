import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Browser } from '../harness/browser.ts';
import { type RunningApp, runningApp } from '../harness/running-app.ts';

/** A password takes a tenth of a second of a free processor, and much longer on a busy one. */
vi.setConfig({ testTimeout: 120_000 });

let running: RunningApp;
let owner: Browser;
let organizationId: string;
let slug: string;
const password = 'a long enough password';

beforeAll(async () => {
  running = await runningApp({}, { show: () => {} });
  owner = await signedIn('owner@example.com');
  const made = await owner.ask(`mutation { createOrganization(input: { name: "Acme" }) {
    ... on CreateOrganizationPayload { organization { id slug } } } }`);
  ({ id: organizationId, slug } = made.data.createOrganization.organization);
  await grant();
}, 180_000);
afterAll(() => running.close());

async function signedIn(email: string): Promise<Browser> {
  const page = new Browser(running.app.url);
  await page.signUp(email, password);
  expect((await page.signIn(email, password)).status).toBe(200);
  return page;
}

let grants = 0;
const grant = () =>
  running.ask(
    running.adminKey,
    `mutation ($organizationId: ID!, $idempotencyKey: String!) { grantCredits(input: {
      organizationId: $organizationId, amount: "1", reason: "test", idempotencyKey: $idempotencyKey
    }) { __typename } }`,
    { organizationId, idempotencyKey: `grant ${grants++}` },
  );

async function joined(name: string, role: string) {
  const email = `${name}@example.com`;
  const page = await signedIn(email);
  const { data } = await owner.ask(
    `mutation ($organizationId: ID!, $email: String!, $role: Role!) { inviteMember(input: {
      organizationId: $organizationId, email: $email, role: $role
    }) { ... on InviteMemberPayload { token } } }`,
    { organizationId, email, role },
  );
  const accepted = await page.ask(
    `mutation ($token: String!) { acceptInvitation(token: $token) {
      ... on AcceptInvitationPayload { membership { id } } } }`,
    { token: data.inviteMember.token },
  );
  const { id } = accepted.data.acceptInvitation.membership;
  return { page, id: id as string };
}

/** A socket of the page, on which this runs already: it has told of itself. */
async function following(page: Browser, subscription: string) {
  const socket = page.socket();
  await socket.next('connection_ack');
  socket.subscribe(`subscription { ${subscription} }`);
  await socket.next('next');
  return socket;
}

const balanceOf = () => `creditAccount(organizationId: "${organizationId}") { balance }`;

it('what a member runs ends when they are removed', async () => {
  const { page, id } = await joined('runner', 'DEVELOPER');
  const socket = await following(
    page,
    `completion(input: { organizationId: "${organizationId}", model: "sandbox/hang",
      messages: [{ role: USER, content: "one two" }] }) {
      __typename ... on CompletionFinished { finishReason } }`,
  );
  await owner.ask('mutation ($id: ID!) { removeMember(membershipId: $id) { __typename } }', { id });
  const { data } = await socket.next('next');
  expect(data.completion).toEqual({ __typename: 'CompletionFinished', finishReason: 'CANCELLED' });
  await socket.next('complete');
  socket.close();
});

it('a feed of credits tells nothing more to who may read them no more, and says so', async () => {
  const [removed, demoted] = [await joined('gone', 'ADMIN'), await joined('less', 'BILLING')];
  const sockets = [
    await following(removed.page, balanceOf()),
    await following(demoted.page, balanceOf()),
  ];
  await owner.ask('mutation ($id: ID!) { removeMember(membershipId: $id) { __typename } }', {
    id: removed.id,
  });
  await owner.ask(
    `mutation ($id: ID!) { updateMember(input: { membershipId: $id, role: VIEWER }) {
      __typename } }`,
    { id: demoted.id },
  );
  await grant();
  const codes = await Promise.all(
    sockets.map(async (socket) => (await socket.next('error'))[0].extensions.code),
  );
  expect(codes).toEqual(['NOT_FOUND', 'FORBIDDEN']);
  for (const socket of sockets) socket.close();
});

it('a completion shows its key and its member to those who may list them', async () => {
  const { page } = await joined('viewer', 'VIEWER');
  const { data } = await owner.ask(
    `mutation ($organizationId: ID!) { createApiKey(input: {
      organizationId: $organizationId, name: "of the owner" }) {
      ... on CreateApiKeyPayload { secret apiKey { id } } } }`,
    { organizationId },
  );
  const { secret, apiKey } = data.createApiKey;
  const run = await running.ask(
    secret,
    `mutation { complete(input: { model: "sandbox/echo",
      messages: [{ role: USER, content: "one two" }] }) {
      ... on CompletePayload { completion { id } } } }`,
  );
  const { id } = run.data.complete.completion;
  const query = `query ($id: ID!) { completion(id: $id) {
    apiKey { id } member { role user { name } } } }`;
  const member = { role: 'OWNER', user: { name: 'owner' } };
  const seen = async (asked: ReturnType<typeof running.ask>) => (await asked).data.completion;
  expect(await seen(owner.ask(query, { id }))).toEqual({ apiKey: { id: apiKey.id }, member });
  expect(await seen(page.ask(query, { id }))).toEqual({ apiKey: null, member: null });
  const own = await seen(running.ask(secret, query, { id }));
  expect(own).toEqual({ apiKey: { id: apiKey.id }, member: null });
  const listed = await page.ask(
    `query ($slug: String!) { organization(slug: $slug) {
      completions { nodes { apiKey { id } member { id } } } } }`,
    { slug },
  );
  const { nodes } = listed.data.organization.completions;
  expect(nodes).toContainEqual({ apiKey: null, member: null });
});
