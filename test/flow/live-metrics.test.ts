import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type RunningApp, runningApp } from '../harness/running-app.ts';

let bourse: RunningApp;

beforeAll(async () => {
  bourse = await runningApp();
});
afterAll(() => bourse.close());

const windows = ['ONE_MINUTE', 'FIVE_MINUTES', 'ONE_HOUR', 'ONE_DAY', 'ONE_WEEK', 'ONE_MONTH'];
const figures = 'requests uptime promptTokens latencyMs { p50 } effectivePricePerMillion';

/** Of more than 1,024 tokens, so that its provider streams it: there is a time to first token. */
const answer = () =>
  bourse.ask(
    bourse.demoKey,
    `mutation { complete(input: { model: "sandbox/echo", maxTokens: 2000,
      messages: [{ role: USER, content: "one two three" }] }) {
      ... on CompletePayload { completion { usage { cost promptTokens completionTokens } } }
    } }`,
  );

it('a feed tells everything at first, then what a request changed; the rest agrees', async () => {
  const url = `${bourse.app.url.replace('http', 'ws')}/graphql`;
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
  const feed = client.iterate<{ providerMetrics: Record<string, unknown> }>({
    query: `subscription { providerMetrics(
      filter: { models: ["sandbox/echo"] }, interval: QUARTER_SECOND) {
      snapshot removedEndpointIds
      endpoints { endpoint { id } status metrics { ${figures} } }
      providers { provider { slug } metrics { requests } }
      models { model { slug } metrics { requests } }
    } }`,
  });
  const next = async () => (await feed.next()).value?.data?.providerMetrics;

  const nothing = { requests: null, uptime: null, promptTokens: null, latencyMs: null };
  expect(await next()).toMatchObject({
    snapshot: true,
    endpoints: [{ status: 'UP', metrics: nothing }],
  });
  const { usage } = (await answer()).data.complete.completion;
  const changed = await next();
  expect(changed).toMatchObject({
    snapshot: false,
    removedEndpointIds: [],
    endpoints: [{ metrics: { requests: 1, uptime: 1, promptTokens: usage.promptTokens } }],
    providers: [{ provider: { slug: 'sandbox' }, metrics: { requests: 1 } }],
    models: [{ model: { slug: 'sandbox/echo' }, metrics: { requests: 1 } }],
  });
  await feed.return?.();
  await client.dispose();

  const each = windows.map((window) => `${window}: metrics(window: ${window}) { ${figures} }`);
  const { data } = await bourse.ask(
    undefined,
    `{ model(slug: "sandbox/echo") { ${each.join(' ')}
      endpoints(orderBy: LATENCY) { metricsHistory { at metrics { requests } }
        priceHistory { from until pricing { promptPerToken } } } } }`,
  );
  const { endpoints, ...shown } = data.model;
  for (const window of windows) {
    expect(shown[window], window).toMatchObject({ requests: 1, uptime: 1 });
  }
  const [{ metricsHistory, priceHistory }] = endpoints;
  const counted = metricsHistory.map((point: { metrics: { requests: number | null } }) =>
    Number(point.metrics.requests),
  );
  expect(counted.reduce((sum: number, count: number) => sum + count, 0)).toBe(1);
  expect(priceHistory).toMatchObject([{ until: null }]);
});

it('§31 simulated traffic lifts nobody in a ranking', async () => {
  await answer();
  const { data } = await bourse.ask(
    undefined,
    `{ rankings(window: ONE_HOUR) { rank } leaderboard(subject: PROVIDER, by: SPEND) { slug } }`,
  );
  expect(data).toEqual({ rankings: [], leaderboard: [] });
});

it('a page of the popular models is followed by the page behind it', async () => {
  const page = (after: string | null) =>
    bourse.ask(
      undefined,
      `query ($after: String) { models(first: 30, after: $after) {
        nodes { slug } pageInfo { endCursor hasPreviousPage } } }`,
      { after },
    );
  const first = (await page(null)).data.models;
  await answer();
  const second = (await page(first.pageInfo.endCursor)).data.models;
  const slugs = [...first.nodes, ...second.nodes].map(({ slug }: { slug: string }) => slug);
  expect(new Set(slugs).size).toBe(60);
  expect(second.pageInfo.hasPreviousPage).toBe(true);
});

it('the REST list of endpoints has the figures that GraphQL has', async () => {
  await answer();
  const rest = await bourse.send('/v1/models/sandbox/echo/endpoints', undefined);
  const [shown] = ((await rest.json()) as { data: { endpoints: object[] } }).data.endpoints;
  const { data } = await bourse.ask(
    undefined,
    `{ model(slug: "sandbox/echo") { endpoints { metrics(window: THIRTY_MINUTES) {
      uptime timeToFirstTokenMs { p50 p75 p90 p99 } tokensPerSecond { p50 p75 p90 p99 } } } } }`,
  );
  const { uptime, timeToFirstTokenMs, tokensPerSecond } = data.model.endpoints[0].metrics;
  expect(shown).toMatchObject({
    uptime_last_5m: 100,
    uptime_last_30m: uptime * 100,
    uptime_last_1d: 100,
    latency_last_30m: timeToFirstTokenMs,
    throughput_last_30m: tokensPerSecond,
  });
  expect(timeToFirstTokenMs).not.toBeNull();
  const untouched = await bourse.send('/v1/models/openai/gpt-4o/endpoints', undefined);
  const body = (await untouched.json()) as { data: { endpoints: object[] } };
  expect(body.data.endpoints[0]).toMatchObject({ uptime_last_1d: null, latency_last_30m: null });
});
