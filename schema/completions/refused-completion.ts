import { type Completion, noUsage } from '#completions';
import type { Fault } from '#kernel';
import type { Context } from '../context.ts';

/** A completion that never came to be: it carries its refusal, is not stored and costs nothing. */
export function refusedCompletion(
  id: string,
  error: Fault,
  { rooms, principal }: Context,
): Completion {
  const now = new Date(rooms.clock.now());
  const apiKey = principal.kind === 'apiKey' ? principal.apiKey : null;
  return {
    id,
    organizationId: apiKey?.organizationId ?? null,
    apiKeyId: apiKey?.id ?? null,
    membershipId: apiKey?.membershipId ?? null,
    userId: principal.kind === 'user' ? principal.userId : null,
    status: 'FAILED',
    requestedModel: '',
    modelId: null,
    endpointId: null,
    finishReason: null,
    nativeFinishReason: null,
    usage: noUsage,
    lines: [],
    attempts: [],
    droppedParameters: [],
    error,
    createdAt: now,
    finishedAt: now,
    timeToFirstTokenMs: null,
    latencyMs: null,
    metadata: null,
    endUser: null,
    sessionId: null,
    streamed: true,
    app: null,
    content: null,
  };
}
