import type { Completion } from '#completions';
import { Fault, invariant } from '#kernel';
import { type EmbeddingAnswer, type EmbeddingRequest, embeddingRequest, type Rooms } from '#schema';
import { bodyOf, type Exchange, jsonOf, sendJson } from '../exchange.ts';
import { callerOf, fromHeaders, tellLimit } from '../rest/caller.ts';
import { renamed, wirePath } from '../rest/errors.ts';
import { failedAttempts } from '../rest/failed-attempts.ts';
import { preferencesOf } from '../rest/preferences.ts';
import { refuse } from '../rest/refuse.ts';
import { contentGone } from '../rest/run-door.ts';
import { inShape } from '../rest/shape.ts';
import { tellUnknownProviders } from '../rest/unknown-providers.ts';
import { answeredBy, usageOf } from './chat-answer.ts';

/** `POST …/embeddings`: the same run as of a completion, with vectors for its answer. */
export async function answerEmbeddings(exchange: Exchange, rooms: Rooms): Promise<void> {
  const principal = await callerOf(exchange, rooms);
  const asked = inShape(embeddingRequest, jsonOf(await bodyOf(exchange)));
  const { idempotencyKey, app } = fromHeaders(exchange.request.headers);
  const input = {
    model: asked.model,
    input: typeof asked.input === 'string' ? [asked.input] : asked.input,
    dimensions: asked.dimensions ?? null,
    provider: preferencesOf(asked.provider),
    user: asked.user || null,
    idempotencyKey,
    app,
  };
  const { signal, response } = exchange;
  const { completion, vectors } = await rooms.completions.embed(principal, input, signal);
  if (response.destroyed) return;
  response.setHeader('X-Generation-Id', completion.id);
  tellUnknownProviders(response, input.provider, rooms.catalog.market());
  tellLimit(exchange, principal, rooms);
  if (completion.error) {
    const fault = renamed(Fault.from(completion.error), wirePath);
    return refuse(exchange, fault, failedAttempts(completion, rooms.catalog.market()));
  }
  if (!vectors) throw contentGone(completion.id);
  sendJson(response, 200, answerOf({ asked, completion, vectors }, rooms));
}

interface Embedded {
  readonly asked: EmbeddingRequest;
  readonly completion: Completion;
  readonly vectors: readonly (readonly number[])[];
}

function answerOf({ asked, completion, vectors }: Embedded, { catalog }: Rooms): EmbeddingAnswer {
  const { id, model, provider } = answeredBy(completion, catalog.market());
  const usage = usageOf(completion.usage, completion.lines);
  const { prompt_tokens, total_tokens, cost, is_byok, cost_details } = usage;
  return {
    id,
    object: 'list',
    model,
    provider,
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: asked.encoding_format === 'base64' ? base64Of(vector) : [...vector],
    })),
    usage: { prompt_tokens, total_tokens, cost, is_byok, cost_details },
  };
}

/** Little-endian 32-bit floats, which is what clients decode. */
function base64Of(vector: readonly number[]): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, value] of vector.entries()) bytes.writeFloatLE(value, index * 4);
  invariant(bytes.length > 0, 'a vector has numbers');
  return bytes.toString('base64');
}
