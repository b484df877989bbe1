import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Collector, openCollector } from '../harness/collector.ts';
import { adminKey, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let collector: Collector;

beforeAll(async () => {
  collector = await openCollector();
  app = await wholeApp({ settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
}, 120_000);
afterAll(async () => {
  await app?.close();
  collector?.close();
});

const metrics = (headers: Record<string, string> = {}) => fetch(`${app.url}/metrics`, { headers });

it('metrics tell what was done, and what the node carries', async () => {
  const { data } = await app.demo.ask(`mutation { complete(input: { model: "sandbox/echo",
    messages: [{ role: USER, content: "canary one two" }] }) { ... on CompletePayload {
      completion { usage { promptTokens } } } } }`);
  const { promptTokens } = data.complete.completion.usage;
  const response = await metrics();
  expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n');
  expect(lines).toContain(`bourse_tokens_total{kind="prompt"} ${promptTokens}`);
  expect(lines).toContain(
    'bourse_attempts_total{provider="sandbox",model="sandbox/echo",outcome="SUCCEEDED"} 1',
  );
  const names = new Set(lines.map((line) => line.split(/[ {]/)[0]));
  for (const name of [
    ...['bourse_holds', 'bourse_held_dollars', 'bourse_leases', 'bourse_leased_dollars'],
    ...['bourse_settlements_unposted', 'bourse_sockets_open', 'bourse_endpoints'],
    ...['bourse_event_loop_delay_seconds', 'bourse_http_request_duration_seconds_bucket'],
    ...['bourse_time_to_first_token_seconds_bucket', 'process_resident_memory_bytes'],
  ]) {
    expect(names).toContain(name);
  }
  expect(lines.join('\n')).not.toMatch(/canary|NaN/);
});

it('who asks from elsewhere needs the administrator’s key', async () => {
  const elsewhere = { 'x-forwarded-for': '203.0.113.7' };
  expect((await metrics(elsewhere)).status).toBe(401);
  const withKey = (key: string) => metrics({ ...elsewhere, authorization: `Bearer ${key}` });
  expect((await withKey(app.demoKey)).status).toBe(403);
  expect((await withKey(adminKey)).status).toBe(200);
});

it('a page in a browser on the machine is from elsewhere, too', async () => {
  expect((await metrics({ origin: 'https://evil.example' })).status).toBe(401);
});

it('spans and metrics are collector.sent where the setting says, without a prompt', async () => {
  await app.close();
  const all = (path: string) =>
    Buffer.concat(
      collector.sent.filter((one) => one.path === path).map(({ bytes }) => bytes),
    ).toString('latin1');
  for (const name of [
    'POST /graphql',
    'chat sandbox/echo',
    'settle',
    'gen_ai.usage.input_tokens',
  ]) {
    expect(all('/v1/traces')).toContain(name);
  }
  expect(all('/v1/metrics')).toContain('bourse_completions');
  expect(all('/v1/traces') + all('/v1/metrics')).not.toContain('canary');
});
