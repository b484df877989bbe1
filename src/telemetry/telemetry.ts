import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { type IMetricReader, MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import type { SpanProcessor } from '@opentelemetry/sdk-trace';
import type { Endpoint } from '#catalog';
import type { Observer } from '#completions';
import type { Clock } from '#kernel';
import { type Load, observeLoad } from './gauges.ts';
import { completionInstruments, views } from './instruments.ts';
import { openOtlp } from './otlp.ts';
import { requestObserver } from './requests.ts';
import type { ServedRequest } from './served-request.ts';
import { openTracing } from './tracing.ts';

export interface TelemetryOptions {
  readonly clock: Clock;
  readonly version: string;
  /** Where metrics and spans are sent; null: nowhere. */
  readonly otlpEndpoint: string | null;
  /** The endpoint of an id, for the names of its model and provider. */
  readonly endpoint: (id: string) => Endpoint | undefined;
  /** What takes spans beside the exporter. */
  readonly spanProcessors?: readonly SpanProcessor[];
}

export interface Telemetry extends Observer {
  /** Gauges of the node are read from here whenever somebody looks. */
  watch(load: () => Load): void;
  /** Runs what answers a request and notes, when the answer is out, what came of it. */
  serve(request: ServedRequest, answer: () => Promise<void>): Promise<void>;
  /** Everything as Prometheus reads it. */
  text(): Promise<string>;
  /** Sends what is left. */
  close(): Promise<void>;
}

export async function openTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const { clock, version, otlpEndpoint, endpoint } = options;
  const attributes = { 'service.name': 'bourse', 'service.version': version };
  const resource = resourceFromAttributes(attributes);
  const otlp = otlpEndpoint === null ? null : await openOtlp(otlpEndpoint);
  const page = new Page();
  const readers: IMetricReader[] = otlp ? [page, otlp.reader] : [page];
  const meters = new MeterProvider({ resource, readers, views });
  const meter = meters.getMeter('bourse', version);
  const instruments = completionInstruments(meter, endpoint);
  const processors = [...(otlp ? [otlp.spans] : []), ...(options.spanProcessors ?? [])];
  const tracing = openTracing({ resource, processors, endpoint, clock, version });
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true);
  return {
    watch: (load) => observeLoad(meter, { version, load }),
    settled(record) {
      instruments.settled(record);
      tracing?.settled(record);
    },
    refused: (code) => instruments.refused(code),
    serve: requestObserver({ meter, clock, tracing }),
    async text() {
      const { resourceMetrics } = await page.collect();
      return serializer.serialize(resourceMetrics);
    },
    async close() {
      await Promise.all([meters.shutdown(), tracing?.close()]);
    },
  };
}

/** Read when the page is asked for, by nobody else. */
class Page extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}
