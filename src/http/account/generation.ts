import type { Market } from '#catalog';
import type { Completion } from '#completions';
import { dollarsOf, Fault, InvalidInput, isId } from '#kernel';
import type { Generation, Rooms } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import { finishOf } from '../openai/chat-answer.ts';
import { callerOf } from '../rest/caller.ts';

/** `GET …/generation?id=`: one completion. It is there from its admission on. */
export async function answerGeneration(exchange: Exchange, rooms: Rooms): Promise<void> {
  const principal = await callerOf(exchange, rooms);
  const id = exchange.url.searchParams.get('id');
  if (!id) throw InvalidInput.at('id', 'It is missing.', 'the `id` of an answer');
  const completion = isId('completion', id) ? await rooms.completions.find(principal, id) : null;
  if (!completion) {
    throw new Fault('NOT_FOUND', { public: 'There is no such completion, or it is not yours.' });
  }
  sendJson(exchange.response, 200, { data: generationOf(completion, rooms.catalog.market()) });
}

/** What is not known here is null, as clients expect of a field that they insist on. */
const unknown = {
  upstream_id: null,
  request_id: null,
  router: null,
  preset_id: null,
  app_id: null,
  http_referer: null,
  user_agent: null,
  moderation_latency: null,
  native_tokens_completion_images: null,
  num_media_prompt: null,
  num_media_completion: null,
  num_input_audio_prompt: null,
  num_search_results: null,
  num_fetches: null,
  web_search_engine: null,
  cache_discount: null,
  service_tier: null,
  response_cache_source_id: null,
};

function generationOf(completion: Completion, market: Market): Generation {
  const { usage, latencyMs, timeToFirstTokenMs: firstMs } = completion;
  const endpoint = market.endpoint(completion.endpointId ?? '');
  const makesVectors = endpoint?.model.outputModalities.includes('EMBEDDING') ?? false;
  return {
    ...unknown,
    ...finishOf(completion),
    id: completion.id,
    session_id: completion.sessionId,
    created_at: completion.createdAt.toISOString(),
    model: endpoint?.model.slug ?? completion.requestedModel,
    api_type: makesVectors ? 'embeddings' : 'completions',
    provider_name: endpoint?.provider.name ?? null,
    origin: completion.app ?? '',
    external_user: completion.endUser,
    workspace_id: completion.organizationId,
    data_region: 'global',
    streamed: completion.streamed,
    cancelled: completion.status === 'CANCELLED',
    latency: firstMs,
    generation_time: latencyMs === null || firstMs === null ? null : latencyMs - firstMs,
    tokens_prompt: usage.promptTokens,
    tokens_completion: usage.completionTokens,
    native_tokens_prompt: usage.promptTokens,
    native_tokens_completion: usage.completionTokens,
    native_tokens_reasoning: usage.reasoningTokens,
    native_tokens_cached: usage.cachedTokens,
    usage: dollarsOf(usage.charged),
    total_cost: dollarsOf(usage.charged),
    upstream_inference_cost: usage.ownProviderKey ? dollarsOf(usage.upstreamCost) : null,
    is_byok: usage.ownProviderKey,
    provider_responses: completion.attempts.map((attempt) => responseOf(attempt, market)),
  };
}

function responseOf(attempt: Completion['attempts'][number], market: Market) {
  const endpoint = market.endpoint(attempt.endpointId);
  return {
    provider_name: endpoint?.provider.name ?? null,
    endpoint_id: attempt.endpointId,
    model_permaslug: endpoint?.model.slug ?? null,
    status: attempt.httpStatus ?? (attempt.outcome === 'SUCCEEDED' ? 200 : null),
    latency: attempt.durationMs,
    is_byok: attempt.providerKeyId != null,
  };
}
