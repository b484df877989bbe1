import type { Market } from '#catalog';
import type { Completion } from '../completion.ts';
import type { CompletionsQuestion } from './list.ts';

/** Whether a completion in memory is one that is asked for, as the database would have it. */
export function matches(
  { organizationId, filter, since, until }: CompletionsQuestion,
  completion: Completion,
  market: Pick<Market, 'endpoint'>,
): boolean {
  const provider = () => market.endpoint(completion.endpointId ?? '')?.provider.id ?? null;
  const { statuses, finishReasons, errorCodes, metadata, minCharged } = filter;
  return (
    completion.organizationId === organizationId &&
    is(filter.apiKeyId, completion.apiKeyId) &&
    is(filter.membershipId, completion.membershipId) &&
    is(filter.modelId, completion.modelId) &&
    (filter.providerId == null || is(filter.providerId, provider())) &&
    isOneOf(statuses, completion.status) &&
    isOneOf(finishReasons, completion.finishReason) &&
    isOneOf(errorCodes, completion.error?.code) &&
    is(filter.endUser, completion.endUser) &&
    is(filter.sessionId, completion.sessionId) &&
    Object.entries(metadata ?? {}).every(
      ([name, value]) => completion.metadata?.[name] === value,
    ) &&
    (minCharged == null || completion.usage.charged >= minCharged) &&
    (since === null || completion.createdAt >= since) &&
    (until === null || completion.createdAt < until)
  );
}

const is = (asked: string | null | undefined, found: string | null) =>
  asked == null || asked === found;

const isOneOf = (asked: readonly string[] | null | undefined, found: string | null | undefined) =>
  asked == null || (found != null && asked.includes(found));
