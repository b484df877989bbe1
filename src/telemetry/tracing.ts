import {
  type Attributes,
  type Context,
  context,
  defaultTextMapGetter,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Resource } from '@opentelemetry/resources';
import { type SpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Endpoint } from '#catalog';
import type { AttemptRecord, SettlementRecord } from '#credits';
import type { Clock } from '#kernel';
import { attemptAttributes, runAttributes } from './gen-ai.ts';
import type { ServedRequest } from './served-request.ts';

export interface Tracing {
  /** A span of the request; what `answer` sets off belongs to it. */
  serve(request: ServedRequest, answer: () => Promise<void>): Promise<void>;
  /** Spans of a completion, its attempts and its settlement, all of which have ended. */
  settled(record: SettlementRecord): void;
  close(): Promise<void>;
}

export interface TracingOptions {
  readonly resource: Resource;
  readonly processors: SpanProcessor[];
  readonly endpoint: (id: string) => Endpoint | undefined;
  readonly clock: Clock;
  readonly version: string;
}

/**
 * Null where nobody takes spans. The spans of a completion are made when it is settled, of what its
 * record says: a run carries nothing for them, and they cannot say what the record does not.
 */
export function openTracing(options: TracingOptions): Tracing | null {
  const { resource, processors, clock, version } = options;
  if (processors.length === 0) return null;
  const provider = new TracerProvider({ resource, spanProcessors: processors });
  const tracer = provider.getTracer('bourse', version);
  // Of the process, as the library has it; a second one is the same.
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  return {
    serve: (request, answer) => serve(tracer, request, answer),
    settled: (record) => tell(tracer, record, { ...options, nowMs: clock.now() }),
    close: () => provider.shutdown(),
  };
}

const propagator = new W3CTraceContextPropagator();

function serve(tracer: Tracer, request: ServedRequest, answer: () => Promise<void>) {
  const { method, route, headers } = request;
  const caller = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
  const attributes = { 'http.request.method': method, 'http.route': route };
  const name = `${method} ${route}`;
  const span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes }, caller);
  request.ended((status) => {
    span.setAttribute('http.response.status_code', status);
    if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
    span.end();
  });
  return context.with(trace.setSpan(caller, span), answer);
}

interface Telling {
  readonly endpoint: (id: string) => Endpoint | undefined;
  readonly nowMs: number;
}

function tell(tracer: Tracer, record: SettlementRecord, { endpoint, nowMs }: Telling): void {
  const attributes = runAttributes(record, endpoint(record.endpointId ?? ''));
  const name = `${attributes['gen_ai.operation.name']} ${record.requestedModel}`;
  const startedMs = Date.parse(record.createdAt);
  const finishedMs = Date.parse(record.finishedAt);
  const parent = context.active();
  const run = tracer.startSpan(name, { startTime: startedMs, attributes }, parent);
  if (record.error) run.setStatus({ code: SpanStatusCode.ERROR, message: record.error.code });
  const inside = trace.setSpan(parent, run);
  for (const attempt of record.attempts) {
    tellAttempt(tracer, { attempt, record, endpoint: endpoint(attempt.endpointId) }, inside);
  }
  tracer.startSpan('settle', { startTime: finishedMs }, inside).end(Math.max(finishedMs, nowMs));
  run.end(Math.max(finishedMs, nowMs));
}

interface TellingAttempt {
  readonly attempt: AttemptRecord;
  readonly record: SettlementRecord;
  readonly endpoint: Endpoint | undefined;
}

function tellAttempt(tracer: Tracer, telling: TellingAttempt, inside: Context): void {
  const { attempt } = telling;
  const attributes: Attributes = attemptAttributes(telling);
  const name = `${attributes['gen_ai.operation.name']} ${attributes['gen_ai.request.model']}`;
  const startTime = Date.parse(attempt.startedAt);
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, startTime, attributes }, inside);
  const { outcome } = attempt;
  if (outcome !== 'SUCCEEDED') span.setStatus({ code: SpanStatusCode.ERROR, message: outcome });
  span.end(startTime + attempt.durationMs);
}
