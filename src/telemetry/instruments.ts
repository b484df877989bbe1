import type { Attributes, Meter } from '@opentelemetry/api';
import {
  type AggregationOption,
  AggregationType,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import type { Endpoint } from '#catalog';
import type { Observer } from '#completions';
import type { AttemptRecord } from '#credits';
import { dollarsOf } from '#kernel';
import { type Tally, tally } from './tally.ts';

/** Series per instrument: endpoints beyond it are counted together, as `otel_metric_overflow`. */
const endpointsMax = 500;

const seconds: AggregationOption = {
  type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
  options: { boundaries: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] },
};

const byEndpoint = (instrumentName: string): ViewOptions => ({
  instrumentName,
  aggregationCardinalityLimit: endpointsMax,
});

export const views: ViewOptions[] = [
  byEndpoint('bourse_attempts'),
  { ...byEndpoint('bourse_attempt_duration_seconds'), aggregation: seconds },
  { ...byEndpoint('bourse_time_to_first_token_seconds'), aggregation: seconds },
  { instrumentName: 'bourse_http_request_duration_seconds', aggregation: seconds },
];

export function completionInstruments(
  meter: Meter,
  endpoint: (id: string) => Endpoint | undefined,
): Observer {
  const counter = (name: string, description: string) => tally(meter, name, description);
  const histogram = (name: string, description: string) =>
    meter.createHistogram(name, { description });
  const completions = counter('bourse_completions', 'Completions that were settled, by status.');
  const refusals = counter('bourse_refusals', 'Completions refused before an attempt, by code.');
  const tokens = byKind(counter('bourse_tokens', 'Tokens of settled completions, by kind.'));
  const dollars = byKind(
    counter('bourse_dollars', 'US dollars of settled completions: cost, fee, waived.'),
  );
  // Its series are bounded, which OpenTelemetry does for what it counts itself.
  const attempts = meter.createCounter('bourse_attempts', {
    description: 'Attempts at endpoints, by outcome.',
  });
  const duration = histogram('bourse_attempt_duration_seconds', 'From sending to the end.');
  const first = histogram('bourse_time_to_first_token_seconds', 'From sending to first content.');

  const attempted = ({ endpointId, outcome, durationMs, timeToFirstTokenMs }: AttemptRecord) => {
    const labels = labelsOf(endpoint(endpointId));
    attempts.add(1, { ...labels, outcome });
    duration.record(durationMs / 1_000, labels);
    if (timeToFirstTokenMs !== null) first.record(timeToFirstTokenMs / 1_000, labels);
  };
  return {
    settled({ status, tokens: used, cost, fee, waived, attempts: made }) {
      completions(1, status, () => ({ status }));
      tokens(used.prompt, 'prompt');
      tokens(used.completion, 'completion');
      tokens(used.cacheRead, 'cached');
      tokens(used.reasoning, 'reasoning');
      dollars(dollarsOf(cost), 'cost');
      dollars(dollarsOf(fee), 'fee');
      dollars(dollarsOf(waived), 'waived');
      made.forEach(attempted);
    },
    refused: (code) => refusals(1, code, () => ({ code })),
  };
}

const byKind = (count: Tally) => (amount: number, kind: string) =>
  count(amount, kind, () => ({ kind }));

function labelsOf(endpoint: Endpoint | undefined): Attributes {
  return {
    provider: endpoint?.provider.slug ?? 'unknown',
    model: endpoint?.model.slug ?? 'unknown',
  };
}
