import { z } from 'zod';
import { derivedId, Fault } from '#kernel';
import { type Desired, desiredOf } from './desired.ts';
import type { Rows } from './rows.ts';
import type { Snapshot, SnapshotModel } from './snapshot.ts';

/**
 * A model server of one's own (Ollama, llama.cpp, vLLM): what it lists is offered at price 0. Its
 * models live in memory only: they are there while the server's address is set, and nobody has to
 * clean up after it.
 */
export const localProvider = 'ollama';

/** Who says more does not say how much it takes. */
const tokensMax = 100_000_000;

const listing = z.object({
  data: z
    .array(
      z.object({
        id: z.string().min(1).max(200),
        max_model_len: z.int().min(1).max(tokensMax).optional().catch(undefined),
      }),
    )
    .max(1_000),
});

export type LocalModel = z.infer<typeof listing>['data'][number];

/** Where OpenAI's protocol is spoken: the address may be given with or without its `/v1`. */
export const localAddress = (url: string) => `${url.replace(/\/+$|\/v1\/*$/g, '')}/v1`;

/**
 * The models that the server has now.
 *
 * @throws Fault UNAVAILABLE when it does not answer with a list.
 */
export async function listLocalModels(
  url: string,
  get: typeof fetch,
  signal: AbortSignal,
): Promise<readonly LocalModel[]> {
  try {
    const answer = await get(`${localAddress(url)}/models`, { signal });
    return listing.parse(await answer.json()).data;
  } catch (cause) {
    throw new Fault('UNAVAILABLE', {
      public: 'The local model server does not list its models.',
      cause,
    });
  }
}

/** What a server takes that does not say how much: Ollama cuts longer prompts without a word. */
const contextUnknown = 8_192;

/** The server's models as rows of a market. */
export function localRows(url: string, models: readonly LocalModel[], at: Date): Rows {
  return rowsOf(desiredOf(localSnapshot(url, models)), at);
}

function localSnapshot(url: string, listed: readonly LocalModel[]): Snapshot {
  const models = new Map(listed.map((model) => [slugOf(model.id), model]));
  const day = '2026-01-01';
  return {
    asOf: day,
    providers: [
      {
        slug: localProvider,
        name: 'Local server',
        connector: 'openai-compatible',
        baseUrl: localAddress(url),
        trainsOnPrompts: false,
        retainsPrompts: false,
      },
    ],
    models: [...models].map(([slug, model]) => modelOf(slug, model, day)),
    endpoints: [...models].map(([slug, { id, max_model_len: contextLength = contextUnknown }]) => ({
      model: slug,
      provider: localProvider,
      upstreamModel: id,
      prices: { prompt: '0', completion: '0' },
      contextLength,
      supportedParameters: [...parameters],
      source: 'own server',
      checkedAt: day,
    })),
  };
}

/** `llama3.2:3b` → `ollama/llama3.2-3b`: a colon would be a variant. */
const slugOf = (id: string) =>
  `${localProvider}/${id
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')}`;

const parameters = [
  ...['frequency_penalty', 'max_tokens', 'presence_penalty', 'response_format', 'seed', 'stop'],
  ...['structured_outputs', 'temperature', 'tool_choice', 'tools', 'top_p'],
];

function modelOf(slug: string, { id, max_model_len }: LocalModel, day: string): SnapshotModel {
  return {
    slug,
    name: `${id} (local)`,
    author: localProvider,
    contextLength: max_model_len ?? contextUnknown,
    inputModalities: ['TEXT'],
    outputModalities: [/embed/i.test(id) ? 'EMBEDDING' : 'TEXT'],
    supportedParameters: [...parameters],
    openWeights: true,
    aliases: [],
    createdAt: day,
  };
}

/** The rows that an import of this would leave, made at `at`. */
export function rowsOf(desired: Desired, at: Date): Rows {
  const imported = { curated: false, removedAt: null };
  const times = { connectTimeoutMs: null, firstContentTimeoutMs: null, idleTimeoutMs: null };
  const offered = { ...imported, ...times, totalTimeoutMs: null, enabled: true, createdAt: at };
  const map = <From, To>(rows: ReadonlyMap<string, From>, make: (row: From, id: string) => To) =>
    new Map([...rows].map(([id, row]) => [id, make(row, id)]));
  return {
    providers: map(desired.providers, (row) => ({ ...row, ...imported, sealedSecret: null })),
    models: map(desired.models, (row) => ({ ...row, ...imported, deprecatedAt: null })),
    endpoints: map(desired.endpoints, ({ row }) => ({ ...row, ...offered })),
    prices: map(desired.endpoints, ({ price }, id) => ({
      ...price,
      id: derivedId('price', id),
      endpointId: id,
      from: at,
    })),
    refusals: new Map(),
  };
}
