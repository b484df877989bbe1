import type { Endpoint, Model, Pricing } from '#catalog';
import { formatPrice, type Price } from '#kernel';
import type { Rooms } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import { secondsOf } from './chat-answer.ts';

/** `GET …/models`: what can be named in `model`, cheapest endpoint's price and limits beside it. */
export function answerModels({ response }: Exchange, rooms: Rooms): void {
  const data = rooms.catalog.market().models.filter(isPriced).map(describe);
  sendJson(response, 200, {
    object: 'list',
    data,
    total_count: data.length,
    links: { next: null },
  });
}

const isPriced = (model: Model) => model.endpoints.length > 0;

function describe(model: Model) {
  const [endpoint] = model.endpoints;
  const inputs = lower(model.inputModalities);
  const outputs = lower(model.outputModalities);
  return {
    id: model.slug,
    canonical_slug: model.slug,
    object: 'model',
    owned_by: model.author,
    name: model.name,
    created: secondsOf(model.createdAt),
    description: model.description ?? '',
    context_length: model.contextLength,
    architecture: {
      modality: `${inputs.join('+')}->${outputs.join('+')}`,
      input_modalities: inputs,
      output_modalities: outputs,
      tokenizer: 'Other',
      instruct_type: null,
    },
    pricing: endpoint ? pricingOf(endpoint.pricing) : {},
    top_provider: topProvider(model, endpoint),
    per_request_limits: null,
    supported_parameters: model.supportedParameters,
    supported_voices: null,
    default_parameters: null,
    knowledge_cutoff: model.knowledgeCutoff,
    expiration_date: model.deprecatedAt?.toISOString().slice(0, 10) ?? null,
    links: { details: `/v1/models/${model.slug}/endpoints` },
  };
}

const lower = (names: readonly string[]) => names.map((name) => name.toLowerCase());

const topProvider = (model: Model, endpoint: Endpoint | undefined) => ({
  context_length: endpoint?.contextLength ?? model.contextLength,
  max_completion_tokens: endpoint?.maxOutputTokens ?? model.maxOutputTokens,
  is_moderated: false,
});

/** Prices are strings on this surface too; what has no price of its own is left out. */
function pricingOf(pricing: Pricing): Record<string, string> {
  const prices: [string, Price | null][] = [
    ['prompt', pricing.prompt],
    ['completion', pricing.completion],
    ['request', pricing.request],
    ['image', pricing.image],
    ['internal_reasoning', pricing.reasoning],
    ['input_cache_read', pricing.cacheRead],
    ['input_cache_write', pricing.cacheWrite],
  ];
  return Object.fromEntries(
    prices.flatMap(([name, price]) => (price === null ? [] : [[name, formatPrice(price)]])),
  );
}
