import { afterAll, beforeAll, expect, test } from 'vitest';
import { administratorId, demoOrganizationId } from '#identity';
import { type RunningApp, runningApp } from '../harness/running-app.ts';

/** Whoever may read the audit log finds who did what to which object, when and from where. */
let bourse: RunningApp;

beforeAll(async () => {
  bourse = await runningApp({ TRUST_PROXY: 'true' });
});
afterAll(() => bourse.close());

const events = `query ($filter: AuditFilter, $first: Int, $after: String) {
  organization(slug: "demo") {
    auditLog(filter: $filter, first: $first, after: $after) {
      totalCount
      pageInfo { hasNextPage hasPreviousPage endCursor }
      nodes { id at actor action subject details address userAgent hash }
    }
  }
}`;

async function log(variables: object = {}, key = bourse.adminKey) {
  const { data, errors } = await bourse.ask(key, events, variables);
  return data?.organization?.auditLog ?? errors?.[0]?.extensions;
}

async function makeKey(name: string, headers: Record<string, string> = {}): Promise<string> {
  const query = `mutation {
    createApiKey(input: { organizationId: "${demoOrganizationId}", name: "${name}" }) {
      ... on CreateApiKeyPayload { apiKey { id } }
    }
  }`;
  const response = await fetch(`${bourse.app.url}/graphql`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bourse.adminKey}`,
      'content-type': 'application/json',
      ...headers,
    },
    body: JSON.stringify({ query }),
  });
  const answer = (await response.json()) as {
    data: { createApiKey: { apiKey: { id: string } } };
  };
  return answer.data.createApiKey.apiKey.id;
}

test('an event says who, what, whom, when and from where', async () => {
  const subject = await makeKey('spoken for', {
    'user-agent': 'curl/8.0\tbeta',
    'x-forwarded-for': '10.0.0.1, 203.0.113.7',
  });
  const [event] = (await log({ filter: { subjectId: subject } })).nodes;
  expect(event).toMatchObject({
    actor: administratorId,
    action: 'apiKey.created',
    subject,
    address: '203.0.113.7',
    userAgent: 'curl/8.0 beta',
    details: { name: 'spoken for', kind: 'INFERENCE' },
  });
  expect(event.hash).toMatch(/^[0-9a-f]{64}$/);
  const { data } = await bourse.ask(bourse.adminKey, `{ node(id: "${event.id}") { id } }`);
  expect(data.node).toEqual({ id: event.id });
});

test('limits and thresholds are told in dollars, as they were given', async () => {
  const id = await makeKey('limited');
  const set = `mutation {
    updateApiKey(input: { id: "${id}", creditLimit: "2.5" }) { __typename }
    setAlertThresholds(organizationId: "${demoOrganizationId}", thresholds: ["3", "0.25"]) {
      __typename
    }
    setAutoTopUp(input: { organizationId: "${demoOrganizationId}" }) { __typename }
  }`;
  await bourse.ask(bourse.adminKey, set);
  const told = async (action: string) => (await log({ filter: { action } })).nodes[0].details;
  expect(await told('apiKey.updated')).toEqual({ creditLimit: '2.5' });
  expect(await told('credits.alertThresholdsSet')).toEqual({ thresholds: ['3', '0.25'] });
  expect(await told('credits.autoTopUpSet')).toMatchObject({ threshold: null, amount: null });
});

test('money that is moved by hand is told with who and why, once however often', async () => {
  const run = `mutation { complete(input: { model: "sandbox/echo", maxTokens: 5
    messages: [{ role: USER, content: "Hi" }] }) {
    ... on CompletePayload { completion { id } } } }`;
  const { completion } = (await bourse.ask(bourse.demoKey, run)).data.complete;
  const to = `organizationId: "${demoOrganizationId}"`;
  const movements = {
    GrantCredits: `grantCredits(input: { amount: "1", ${to}, WHY })`,
    AdjustCredits: `adjustCredits(input: { amount: "-0.5", ${to}, WHY })`,
    RefundCompletion: `refundCompletion(input: { completionId: "${completion.id}", WHY })`,
  };
  for (const [name, movement] of Object.entries(movements)) {
    const mutation = movement.replace('WHY', `reason: "By hand", idempotencyKey: "${name}"`);
    const moved = `mutation { ${mutation} { ... on ${name}Payload { entry { id amount } } } }`;
    for (const _repeat of [1, 2]) {
      const { data } = await bourse.ask(bourse.adminKey, moved);
      const [{ entry }] = Object.values(data) as [{ entry: { id: string; amount: string } }];
      const details = { reason: 'By hand', amount: entry.amount };
      const { nodes } = await log({ filter: { subjectId: entry.id } });
      expect(nodes).toMatchObject([{ actor: administratorId, address: '127.0.0.1', details }]);
    }
  }
});

test('the list is newest first, paged, and restricted by its filter', async () => {
  const [first, second] = [await makeKey('one'), await makeKey('two')];
  const page = await log({ first: 1 });
  expect(page.nodes[0].subject).toBe(second);
  expect(page.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  const next = await log({ first: 1, after: page.pageInfo.endCursor });
  expect(next.nodes[0].subject).toBe(first);
  expect(next.pageInfo.hasPreviousPage).toBe(true);

  const { at } = page.nodes[0];
  expect((await log({ filter: { until: '2020-01-01T00:00:00Z' } })).totalCount).toBe(0);
  expect((await log({ filter: { since: at, subjectId: second } })).totalCount).toBe(1);
  expect((await log({ filter: { action: 'organization.created' } })).totalCount).toBe(1);
  expect((await log({ filter: { actorId: second } })).totalCount).toBe(0);
  expect(await log({ filter: { actorId: demoOrganizationId } })).toMatchObject({
    code: 'INVALID_INPUT',
    path: ['filter', 'actorId'],
  });
});

test('an inference key gets FORBIDDEN for the list and null for an event', async () => {
  const [event] = (await log({ first: 1 })).nodes;
  expect(await log({}, bourse.demoKey)).toMatchObject({ code: 'FORBIDDEN' });
  const { data } = await bourse.ask(bourse.demoKey, `{ node(id: "${event.id}") { id } }`);
  expect(data.node).toBeNull();
});

test('what belongs to no organization is open to administrators alone', async () => {
  await bourse.ask(
    bourse.adminKey,
    `mutation { upsertModel(input: { slug: "new/one", name: "New", author: "new",
      contextLength: 99 }) { __typename } }`,
  );
  const query = '{ platform { auditLog(first: 1) { nodes { id action details } } } }';
  const { data } = await bourse.ask(bourse.adminKey, query);
  const [event] = data.platform.auditLog.nodes;
  expect(event).toMatchObject({ action: 'model.written', details: { slug: 'new/one' } });

  const refused = await bourse.ask(bourse.demoKey, query);
  expect(refused.data.platform.auditLog).toBeNull();
  expect(refused.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  const node = await bourse.ask(bourse.demoKey, `{ node(id: "${event.id}") { id } }`);
  expect(node.data.node).toBeNull();
});
