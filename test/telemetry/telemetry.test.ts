import { readFile } from 'node:fs/promises';
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace';
import { describe, expect, it } from 'vitest';
import { openTelemetry } from '#telemetry';
import { virtualClock } from '../harness/virtual-clock.ts';
import { market } from '../routing/stand.ts';
import { recordOf } from './record-maker.ts';

const goods = market({ 'acme/one': [{ provider: 'a' }], 'acme/two': [{ provider: 'b' }] });
const [first, second] = goods.models.flatMap(({ endpoints }) => endpoints);
const [one, two] = [first?.id ?? '', second?.id ?? ''];

async function stand(endpoint = goods.endpoint) {
  const exporter = new InMemorySpanExporter();
  const telemetry = await openTelemetry({
    clock: virtualClock(Date.UTC(2026, 0, 1, 0, 0, 10)),
    version: '1.2.3',
    otlpEndpoint: null,
    endpoint,
    spanProcessors: [new SimpleSpanProcessor({ exporter })],
  });
  const lines = async () => (await telemetry.text()).split('\n');
  const spans = () =>
    exporter.getFinishedSpans().map((span) => ({ ...span, id: span.spanContext().spanId }));
  return { telemetry, lines, spans };
}

describe('what Prometheus reads', () => {
  it('is what was settled: by status, kind of token, dollars and endpoint', async () => {
    const { telemetry, lines } = await stand();
    telemetry.settled(recordOf({ endpointId: one }));
    telemetry.settled(recordOf({ endpointId: one }));
    telemetry.refused('INSUFFICIENT_CREDITS');
    expect(await lines()).toEqual(
      expect.arrayContaining([
        'bourse_completions_total{status="SUCCEEDED"} 2',
        'bourse_tokens_total{kind="prompt"} 20',
        'bourse_tokens_total{kind="completion"} 10',
        'bourse_dollars_total{kind="cost"} 4',
        'bourse_refusals_total{code="INSUFFICIENT_CREDITS"} 1',
        'bourse_attempts_total{provider="a",model="acme/one",outcome="SUCCEEDED"} 2',
        'bourse_attempt_duration_seconds_bucket{provider="a",model="acme/one",le="2.5"} 2',
        'bourse_attempt_duration_seconds_bucket{provider="a",model="acme/one",le="1"} 0',
      ]),
    );
  });

  it('has a bounded number of series, whatever the number of endpoints', async () => {
    const offers = Object.fromEntries(
      Array.from({ length: 1_500 }, (_, index) => [`acme/m${index}`, [{ provider: 'a' }]]),
    );
    const many = market(offers);
    const byId = new Map(many.models.flatMap((model) => model.endpoints.map((e) => [e.id, e])));
    const { telemetry, lines } = await stand((id) => byId.get(id));
    for (const endpointId of byId.keys()) telemetry.settled(recordOf({ endpointId }));
    const counted = (await lines()).filter((line) => line.startsWith('bourse_attempts_total{'));
    expect(counted.length).toBeLessThanOrEqual(500);
    const total = counted.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    expect(total).toBe(1_500);
  });

  it('names a request by its route and status, when its answer is out', async () => {
    const { telemetry, lines } = await stand();
    let end = (_status: number) => {};
    const request = { method: 'POST', route: '/v1/embeddings', headers: {} };
    const ended = (listener: typeof end) => {
      const before = end;
      end = (status) => {
        before(status);
        listener(status);
      };
    };
    await telemetry.serve({ ...request, ended }, async () => {});
    const count =
      'bourse_http_request_duration_seconds_count{method="POST",route="/v1/embeddings",status="200"} 1';
    expect(await lines()).not.toContain(count);
    end(200);
    expect(await lines()).toContain(count);
  });
});

describe('spans', () => {
  it('go from the request through the run to its attempts and its settlement', async () => {
    const { telemetry, spans } = await stand();
    const caller = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;
    const request = { method: 'POST', route: '/v1/chat/completions' };
    await telemetry.serve(
      { ...request, headers: { traceparent: caller }, ended: (listener) => listener(200) },
      async () => telemetry.settled(recordOf({ endpointId: two, failedAt: one })),
    );
    const all = spans();
    const named = (name: string) => all.filter((span) => span.name === name);
    const [http] = named('POST /v1/chat/completions');
    const [run] = named('chat acme/two:floor');
    expect(http?.parentSpanContext?.spanId).toBe('2'.repeat(16));
    expect(run?.parentSpanContext?.spanId).toBe(http?.id);
    const inside = all.filter(({ parentSpanContext }) => parentSpanContext?.spanId === run?.id);
    expect(inside.map(({ name }) => name)).toEqual(['chat acme/one', 'chat acme/two', 'settle']);
    const [failed, answered] = inside;
    expect(failed?.attributes).toMatchObject({ 'gen_ai.provider.name': 'a', 'error.type': '500' });
    expect(answered?.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'b',
      'gen_ai.request.model': 'acme/two',
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 5,
    });
    expect(run?.attributes).toMatchObject({
      'gen_ai.response.finish_reasons': ['stop'],
      'gen_ai.request.model': 'acme/two:floor',
    });
  });

  it('say nothing of what was said', async () => {
    const { telemetry, spans } = await stand();
    telemetry.settled(recordOf({ endpointId: one, message: 'canary', endUser: 'canary' }));
    expect(
      JSON.stringify(spans().map(({ attributes, status }) => [attributes, status])),
    ).not.toMatch(/canary/);
  });
});

it('the dashboard and the alerts ask for what is served', async () => {
  const { telemetry, lines } = await stand();
  telemetry.watch(() => ({
    credits: { holds: 0, held: 0n, leases: 0, leased: 0n, unposted: 0 },
    ...{ completionsRunning: 0, sockets: 0, busConnected: true },
    endpoints: new Map([['UP', 1]]),
  }));
  telemetry.settled(recordOf({ endpointId: one }));
  telemetry.refused('UNAVAILABLE');
  const ended = (listener: (status: number) => void) => listener(200);
  await telemetry.serve({ method: 'GET', route: '/', headers: {}, ended }, async () => {});
  const served = new Set((await lines()).map((line) => line.split(/[ {]/)[0]));
  for (const file of ['grafana-dashboard.json', 'alerts.yml']) {
    const path = new URL(`../../docs/operations/${file}`, import.meta.url);
    const asked = (await readFile(path, 'utf8')).match(/\b(bourse|process)_[a-z_]+/g) ?? [];
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.filter((name) => !served.has(name))).toEqual([]);
  }
});
