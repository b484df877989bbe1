import { cheapestEndpoint, isUsable, type Model, type Pricing } from '#catalog';
import { formatPrice, type Price } from '#kernel';
import type { ModelAnswer, PricingAnswer } from '#schema';
import { secondsOf } from '../openai/chat-answer.ts';

/** A model as clients list it: the price and limits are those of one endpoint, never a mix. */
export function modelAnswer(model: Model): ModelAnswer {
  const endpoint = cheapestEndpoint(model, isUsable);
  return {
    id: model.slug,
    canonical_slug: model.slug,
    object: 'model',
    type: 'model',
    owned_by: model.author,
    hugging_face_id: null,
    name: model.name,
    display_name: model.name,
    created: secondsOf(model.createdAt),
    created_at: model.createdAt.toISOString(),
    description: model.description ?? '',
    context_length: model.contextLength,
    architecture: architectureOf(model),
    pricing: endpoint ? pricingOf(endpoint.pricing) : { prompt: '0', completion: '0' },
    top_provider: {
      context_length: endpoint?.contextLength ?? model.contextLength,
      max_completion_tokens: endpoint?.maxOutputTokens ?? model.maxOutputTokens,
      is_moderated: false,
    },
    per_request_limits: null,
    supported_parameters: [...model.supportedParameters],
    supported_voices: null,
    default_parameters: null,
    knowledge_cutoff: model.knowledgeCutoff,
    expiration_date: model.deprecatedAt?.toISOString().slice(0, 10) ?? null,
    links: { details: `/v1/models/${model.slug}/endpoints` },
  };
}

export function architectureOf(model: Model) {
  const inputs = lower(model.inputModalities);
  const outputs = lower(model.outputModalities).map(plural);
  return {
    modality: `${inputs.join('+')}->${outputs.join('+')}`,
    input_modalities: inputs,
    output_modalities: outputs,
    tokenizer: 'Other',
    instruct_type: null,
  };
}

const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());

/** The field says `embeddings` where the contract says EMBEDDING. */
const plural = (name: string) => (name === 'embedding' ? 'embeddings' : name);

/** Prices are strings on this surface too; what has no price of its own is left out. */
export function pricingOf(pricing: Pricing): PricingAnswer {
  const overrides = pricing.tiers.map(({ minPromptTokens, utcStart, utcEnd, ...prices }) => ({
    ...(minPromptTokens === undefined ? {} : { min_prompt_tokens: minPromptTokens }),
    ...(utcStart === undefined ? {} : { utc_start: Number(utcStart) }),
    ...(utcEnd === undefined ? {} : { utc_end: Number(utcEnd) }),
    ...named(prices),
  }));
  return {
    prompt: formatPrice(pricing.prompt),
    completion: formatPrice(pricing.completion),
    ...named({ ...pricing, prompt: null, completion: null }),
    ...(overrides.length > 0 ? { overrides } : {}),
  };
}

const names = {
  prompt: 'prompt',
  completion: 'completion',
  request: 'request',
  image: 'image',
  reasoning: 'internal_reasoning',
  cacheRead: 'input_cache_read',
  cacheWrite: 'input_cache_write',
  cacheWriteHour: 'input_cache_write_1h',
} as const;

type PriceName = keyof typeof names;

function named(prices: { readonly [Name in PriceName]?: Price | null }): Record<string, string> {
  const kinds = Object.keys(names) as PriceName[];
  return Object.fromEntries(
    kinds.flatMap((kind) => {
      const price = prices[kind];
      return price == null ? [] : [[names[kind], formatPrice(price)]];
    }),
  );
}
