import { type Completion, type CompletionInput, noUsage } from '#completions';

/** A completion of this organization that has just begun. */
export function completionOf(
  id: string,
  input: CompletionInput,
  organizationId: string,
): Completion {
  return {
    id,
    organizationId,
    apiKeyId: null,
    membershipId: null,
    userId: null,
    status: 'QUEUED',
    requestedModel: input.model ?? '',
    modelId: null,
    endpointId: null,
    finishReason: null,
    nativeFinishReason: null,
    usage: noUsage,
    lines: [],
    attempts: [],
    droppedParameters: [],
    error: null,
    createdAt: new Date(Date.UTC(2026, 0, 1)),
    finishedAt: null,
    timeToFirstTokenMs: null,
    latencyMs: null,
    metadata: null,
    endUser: null,
    sessionId: null,
    streamed: true,
    app: null,
    content: {
      text: '',
      reasoning: null,
      reasoningDetails: null,
      refusal: null,
      annotations: null,
      toolCalls: [],
      images: [],
      stopSequence: null,
      vectors: null,
      messages: [],
      availableUntil: null,
    },
  };
}
