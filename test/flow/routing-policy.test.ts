import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { demoOrganizationId } from '#identity';
import { type RunningApp, runningApp } from '../harness/running-app.ts';

/** An organization forbids, and its requests are refused by the name of what forbade them. */
let bourse: RunningApp;

beforeAll(async () => {
  bourse = await runningApp();
});
afterAll(() => bourse.close());

const update = `mutation ($input: UpdateRoutingPolicyInput!) {
  updateRoutingPolicy(input: $input) {
    __typename
    ... on UpdateRoutingPolicyPayload {
      organization { slug }
      policy {
        allowedModels allowedProviders deniedProviders allowTraining requireZeroRetention
        maxPromptPricePerMillion maxCompletionPricePerMillion
      }
    }
    ... on InvalidInputError { issues { path } }
  }
}`;

const open = {
  allowedModels: null,
  allowedProviders: null,
  deniedProviders: null,
  allowTraining: true,
  requireZeroRetention: false,
  maxPromptPricePerMillion: null,
  maxCompletionPricePerMillion: null,
};

async function change(policy: object, key = bourse.adminKey) {
  const input = { organizationId: demoOrganizationId, ...policy };
  const { data, errors } = await bourse.ask(key, update, { input });
  return data?.updateRoutingPolicy ?? errors?.[0]?.extensions;
}

beforeEach(() => change(open));

const complete = `mutation ($model: String!) {
  complete(input: { model: $model, maxTokens: 5, messages: [{ role: USER, content: "a b" }] }) {
    __typename
    ... on Error { code }
    ... on NoEndpointAvailableError { rejections { code setting } }
  }
}`;

async function settingsThatRefuse(model = 'sandbox/echo'): Promise<string[] | string> {
  const { data } = await bourse.ask(bourse.demoKey, complete, { model });
  const { __typename, code, rejections } = data.complete;
  if (__typename === 'CompletePayload') return 'answered';
  expect(code).toBe('POLICY_VIOLATION');
  const settings = rejections.map(({ setting }: { setting: string }) => setting);
  expect(await settingsAtOpenAi(model)).toEqual(settings);
  return settings;
}

/** The same, told at the surface of OpenAI's protocol; the others are refused with its status. */
async function settingsAtOpenAi(model: string): Promise<string[]> {
  const messages = [{ role: 'user', content: 'a b' }];
  const ask = (path: string, body: object) => bourse.send(path, bourse.demoKey, { model, ...body });
  const others = [
    await ask('/v1/completions', { prompt: 'a b' }),
    await ask('/v1/messages', { max_tokens: 5, messages }),
    await ask('/v1/responses', { input: 'a b' }),
  ];
  expect(others.map(({ status }) => status)).toEqual([403, 403, 403]);
  const response = await ask('/v1/chat/completions', { messages });
  expect(response.status).toBe(403);
  const { error } = (await response.json()) as { error: { metadata: Metadata } };
  return error.metadata.previous_errors.map(({ setting }) => setting);
}

interface Metadata {
  readonly previous_errors: readonly { readonly setting: string }[];
}

test('an absent field stays, null clears, an empty allow list allows nothing', async () => {
  const first = await change({ allowedModels: ['sandbox/*'], maxPromptPricePerMillion: '2.5' });
  expect(first.policy).toEqual({
    ...open,
    allowedModels: ['sandbox/*'],
    maxPromptPricePerMillion: '2.5',
  });
  expect(first.organization.slug).toBe('demo');
  expect((await change({ allowedModels: [] })).policy).toEqual({
    ...open,
    allowedModels: [],
    maxPromptPricePerMillion: '2.5',
  });
  expect(await settingsThatRefuse()).toEqual(['policy.allowedModels']);
  expect((await change({ allowedModels: null, maxPromptPricePerMillion: null })).policy).toEqual(
    open,
  );
  expect(await settingsThatRefuse()).toBe('answered');
});

test.each([
  [{ allowedModels: ['acme/*'] }, 'policy.allowedModels'],
  [{ allowedProviders: ['openai'] }, 'policy.allowedProviders'],
  [{ deniedProviders: ['sand*'] }, 'policy.deniedProviders'],
  [{ maxPromptPricePerMillion: '0.000001' }, 'policy.maxPromptPricePerMillion'],
  [{ maxCompletionPricePerMillion: '0.000001' }, 'policy.maxCompletionPricePerMillion'],
])('%o refuses with POLICY_VIOLATION by its own name', async (policy, setting) => {
  await change(policy);
  expect(await settingsThatRefuse()).toEqual([setting]);
});

test('a provider whose data policy is unknown counts as the worst', async () => {
  await bourse.ask(
    bourse.adminKey,
    `mutation {
      upsertProvider(input: { slug: "quiet", name: "Quiet", connector: "openai-compatible",
        baseUrl: "http://127.0.0.1:9/v1", secret: "x" }) { __typename }
      upsertModel(input: { slug: "quiet/one", name: "One", author: "quiet", contextLength: 99 }) {
        __typename
      }
      upsertEndpoint(input: { model: "quiet/one", provider: "quiet", upstreamModel: "one",
        pricing: { promptPerToken: "0", completionPerToken: "0" } }) { __typename }
    }`,
  );
  await change({ allowTraining: false });
  expect(await settingsThatRefuse('quiet/one')).toEqual(['policy.allowTraining']);
  await change({ allowTraining: true, requireZeroRetention: true });
  expect(await settingsThatRefuse('quiet/one')).toEqual(['policy.requireZeroRetention']);
});

test('the dry run and the OpenAI surface obey the same policy', async () => {
  await change({ deniedProviders: ['sandbox'] });
  const { data } = await bourse.ask(
    bourse.demoKey,
    '{ routePlan(input: { model: "sandbox/echo" }) { rejected { setting } error { code } } }',
  );
  expect(data.routePlan).toEqual({
    rejected: [{ setting: 'policy.deniedProviders' }],
    error: { code: 'POLICY_VIOLATION' },
  });
  const response = await bourse.send('/v1/chat/completions', bourse.demoKey, {
    model: 'sandbox/echo',
    messages: [{ role: 'user', content: 'a b' }],
  });
  expect(response.status).toBe(403);
});

test('everything that is wrong is told at once and nothing is changed', async () => {
  const refused = await change({
    allowedModels: ['fine/one', 'not a model'],
    deniedProviders: ['!'],
    allowTraining: null,
    requireZeroRetention: null,
    maxPromptPricePerMillion: '-1',
    maxCompletionPricePerMillion: '0.0000000000001',
  });
  expect(refused.issues.map(({ path }: { path: string }) => path)).toEqual([
    'input.allowedModels.1',
    'input.deniedProviders.0',
    'input.allowTraining',
    'input.requireZeroRetention',
    'input.maxPromptPricePerMillion',
    'input.maxCompletionPricePerMillion',
  ]);
  expect((await change({})).policy).toEqual(open);
});

test('an inference key may neither change nor read it', async () => {
  expect(await change({}, bourse.demoKey)).toMatchObject({ code: 'FORBIDDEN' });
  const { data, errors } = await bourse.ask(
    bourse.demoKey,
    '{ organization(slug: "demo") { slug policy { allowTraining } } }',
  );
  expect(data.organization).toEqual({ slug: 'demo', policy: null });
  expect(errors?.map(({ path, extensions }) => [path, extensions.code])).toEqual([
    [['organization', 'policy'], 'FORBIDDEN'],
  ]);
});
