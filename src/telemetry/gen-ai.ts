import type { Attributes } from '@opentelemetry/api';
import type { Endpoint } from '#catalog';
import type { AttemptRecord, SettlementRecord } from '#credits';

/**
 * The GenAI semantic conventions of OpenTelemetry, as far as they speak of no content: what was
 * asked of whom, how much it was, how it ended. Names of providers are the catalog's own, which are
 * those of the conventions for the well-known ones.
 */
export function runAttributes(
  record: SettlementRecord,
  endpoint: Endpoint | undefined,
): Attributes {
  return {
    ...usageOf(record),
    'gen_ai.operation.name': operationOf(endpoint),
    'gen_ai.request.model': record.requestedModel,
    'gen_ai.response.id': record.completion,
    ...(record.finishReason
      ? { 'gen_ai.response.finish_reasons': [record.finishReason.toLowerCase()] }
      : {}),
    ...(record.error ? { 'error.type': record.error.code } : {}),
    'bourse.organization.id': record.organizationId,
    'bourse.status': record.status,
    'bourse.attempts': record.attempts.length,
    'bourse.streamed': record.streamed,
  };
}

interface Attempted {
  readonly attempt: AttemptRecord;
  readonly record: SettlementRecord;
  readonly endpoint: Endpoint | undefined;
}

export function attemptAttributes({ attempt, record, endpoint }: Attempted): Attributes {
  const { outcome, httpStatus, timeToFirstTokenMs } = attempt;
  const answered = outcome === 'SUCCEEDED';
  return {
    'gen_ai.operation.name': operationOf(endpoint),
    'gen_ai.provider.name': endpoint?.provider.slug ?? 'unknown',
    'gen_ai.request.model': endpoint?.upstreamModel ?? record.requestedModel,
    'bourse.endpoint.id': attempt.endpointId,
    ...(answered ? usageOf(record) : { 'error.type': String(httpStatus ?? outcome) }),
    ...(timeToFirstTokenMs === null
      ? {}
      : { 'gen_ai.response.time_to_first_chunk': timeToFirstTokenMs / 1_000 }),
  };
}

const operationOf = (endpoint: Endpoint | undefined) =>
  endpoint?.model.outputModalities.includes('EMBEDDING') ? 'embeddings' : 'chat';

const usageOf = ({ tokens }: SettlementRecord): Attributes => ({
  'gen_ai.usage.input_tokens': tokens.prompt,
  'gen_ai.usage.output_tokens': tokens.completion,
  'gen_ai.usage.cache_read.input_tokens': tokens.cacheRead,
});
