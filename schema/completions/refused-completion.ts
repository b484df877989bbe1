import { type Completion, noUsage } from '#completions';
import type { Fault } from '#kernel';
import type { Context } from '../context.ts';

/** What was asked for, of a completion that was asked for and not only looked for. */
export interface Asked {
  readonly model?: string | null | undefined;
  readonly organizationId?: string | null | undefined;
}

/** A completion that never came to be: it carries its refusal, is not stored and costs nothing. */
export function refusedCompletion(
  id: string,
  { error, asked }: { readonly error: Fault; readonly asked?: Asked },
  context: Context,
): Completion {
  const { rooms, principal } = context;
  const now = new Date(rooms.clock.now());
  const apiKey = principal.kind === 'apiKey' ? principal.apiKey : null;
  return {
    id,
    organizationId: apiKey?.organizationId ?? payerOf(asked, context),
    apiKeyId: apiKey?.id ?? null,
    membershipId: apiKey?.membershipId ?? null,
    userId: principal.kind === 'user' ? principal.userId : null,
    status: 'FAILED',
    requestedModel: asked?.model ?? '',
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

/** The organization that would have paid; null when that is not the caller's to know. */
function payerOf(asked: Asked | undefined, { rooms, principal }: Context): string | null {
  const id = asked?.organizationId;
  return id && rooms.identity.permissions(principal, id)?.has('COMPLETIONS_RUN') ? id : null;
}
