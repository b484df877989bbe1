import { afterAll, beforeAll, expect, it } from 'vitest';
import { parseMoney } from '#kernel';
import { graphqlClient } from '../harness/graphql-client.ts';
import { type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;

beforeAll(async () => {
  app = await wholeApp();
}, 120_000);
afterAll(() => app?.close());

const messages = [{ role: 'USER', content: 'one two three four' }];

const query = `query ($input: EstimateCostInput!) { estimateCost(input: $input) {
  requestedModel model { slug } endpoint { provider { slug } status }
  promptTokens estimated promptCost maximumCharge tokensPerSecond
  error { __typename code ... on NoEndpointAvailableError { rejections { code } } }
} }`;

it('one query compares models, and the bill of the run keeps to it', async () => {
  const models = ['sandbox/echo', 'openai/gpt-4o', 'anthropic/claude-sonnet-4.5', 'no/such'];
  const asked = { input: { models, messages, maxTokens: 10 } };
  const { data } = await graphqlClient(app.url).ask(query, asked);
  const notConfigured = { __typename: 'NoEndpointAvailableError', code: 'NO_ENDPOINT_AVAILABLE' };
  expect(data.estimateCost).toMatchObject([
    { requestedModel: 'sandbox/echo', promptTokens: 4, estimated: false, error: null },
    { model: { slug: 'openai/gpt-4o' }, estimated: false, endpoint: null, error: notConfigured },
    { estimated: true, promptCost: null, error: notConfigured },
    { model: null, promptTokens: null, error: { code: 'MODEL_NOT_FOUND' } },
  ]);
  const run = await app.demo.ask(
    `mutation ($input: CompletionInput!) { complete(input: $input) { ... on CompletePayload {
      completion { usage { promptTokens charged } } } } }`,
    { input: { model: 'sandbox/echo', messages, maxTokens: 10 } },
  );
  const { usage } = run.data.complete.completion;
  const [echo] = data.estimateCost;
  expect(usage.promptTokens).toBe(echo.promptTokens);
  expect(parseMoney(usage.charged)).toBeLessThanOrEqual(parseMoney(echo.maximumCharge));
  // Of so many tokens it is streamed from its provider, and its speed is known.
  await app.demo.ask(
    `mutation ($input: CompletionInput!) { complete(input: $input) { __typename } }`,
    { input: { model: 'sandbox/echo', messages, maxTokens: 2_000 } },
  );
  const after = await app.demo.ask(query, { input: { ...asked.input, models: ['sandbox/echo'] } });
  const { tokensPerSecond } = after.data.estimateCost[0];
  expect(tokensPerSecond).toBeGreaterThan(0);
  // The simulation writes 90 a second: what came in one piece would seem to have come in no time.
  expect(tokensPerSecond).toBeLessThan(1_000);
});

it('who is nobody may ask for less text, and hears how much', async () => {
  const long = [{ role: 'USER', content: 'word '.repeat(14_000) }];
  const input = { models: ['sandbox/echo'], messages: long, maxTokens: 10 };
  const { errors } = await graphqlClient(app.url).ask(query, { input });
  expect(errors?.[0]).toMatchObject({ extensions: { code: 'INVALID_INPUT' } });
  expect((await app.demo.ask(query, { input })).data.estimateCost[0].promptTokens).toBe(14_000);
});

it('a plan says what would be held: no more of an answer than its model can give', async () => {
  const { data } = await app.demo.ask(
    `query ($input: RouteInput!, $longer: RouteInput!) {
      plan: routePlan(input: $input) { ...held }
      longer: routePlan(input: $longer) { ...held } }
    fragment held on RoutePlan {
      candidates { maximumCharge endpoint { contextLength maxOutputTokens } } }`,
    Object.fromEntries(
      Object.entries({ input: 8_192, longer: 16_000 }).map(([name, maxTokens]) => [
        name,
        { model: 'sandbox/echo', promptTokens: 100, maxTokens },
      ]),
    ),
  );
  const [candidate] = data.plan.candidates;
  expect(candidate.endpoint).toEqual({ contextLength: 32_768, maxOutputTokens: 8_192 });
  expect(data.longer.candidates).toEqual([candidate]);
});
