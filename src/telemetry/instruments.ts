import type { Attributes, Counter, Meter } from '@opentelemetry/api';
import {
  type AggregationOption,
  AggregationType,
  type ViewOptions,
} from '@opentelemetry/sdk-metrics';
import type { Endpoint } from '#catalog';
import type { Observer } from '#completions';
import type { AttemptRecord, SettlementRecord } from '#credits';
import { dollarsOf } from '#kernel';

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
  const counter = (name: string, description: string) => meter.createCounter(name, { description });
  const histogram = (name: string, description: string) =>
    meter.createHistogram(name, { description });
  const completions = counter('bourse_completions', 'Completions that were settled, by status.');
  const refusals = counter('bourse_refusals', 'Completions refused before an attempt, by code.');
  const tokens = counter('bourse_tokens', 'Tokens of settled completions, by kind.');
  const dollars = counter(
    'bourse_dollars',
    'US dollars of settled completions: cost, fee, waived.',
  );
  const attempts = counter('bourse_attempts', 'Attempts at endpoints, by outcome.');
  const duration = histogram('bourse_attempt_duration_seconds', 'From sending to the end.');
  const first = histogram('bourse_time_to_first_token_seconds', 'From sending to first content.');

  const attempted = (record: AttemptRecord) => {
    const labels = labelsOf(endpoint(record.endpointId));
    attempts.add(1, { ...labels, outcome: record.outcome });
    duration.record(record.durationMs / 1_000, labels);
    const { timeToFirstTokenMs } = record;
    if (timeToFirstTokenMs !== null) first.record(timeToFirstTokenMs / 1_000, labels);
  };
  const counted = ({ tokens: used, cost, fee, waived }: SettlementRecord) => {
    add(tokens, used.prompt, 'prompt');
    add(tokens, used.completion, 'completion');
    add(tokens, used.cacheRead, 'cached');
    add(tokens, used.reasoning, 'reasoning');
    add(dollars, dollarsOf(cost), 'cost');
    add(dollars, dollarsOf(fee), 'fee');
    add(dollars, dollarsOf(waived), 'waived');
  };
  return {
    settled(record) {
      completions.add(1, { status: record.status });
      counted(record);
      record.attempts.forEach(attempted);
    },
    refused: (code) => refusals.add(1, { code }),
  };
}

/** A kind is hashed each time that it is added to: most kinds of most completions are nothing. */
function add(to: Counter, amount: number, kind: string): void {
  if (amount !== 0) to.add(amount, { kind });
}

function labelsOf(endpoint: Endpoint | undefined): Attributes {
  return {
    provider: endpoint?.provider.slug ?? 'unknown',
    model: endpoint?.model.slug ?? 'unknown',
  };
}
