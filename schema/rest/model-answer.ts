import { z } from 'zod';
import { nullableInteger, nullableNumber, nullableText, priceText } from './fields.ts';

/** US dollars per token, image or request; what has no price of its own is absent. */
const pricing = z.object({
  prompt: priceText,
  completion: priceText,
  request: priceText.optional(),
  image: priceText.optional(),
  internal_reasoning: priceText.optional(),
  input_cache_read: priceText.optional(),
  input_cache_write: priceText.optional(),
  input_cache_write_1h: priceText.optional(),
  overrides: z
    .array(
      z.object({
        min_prompt_tokens: z.int().optional(),
        utc_start: z.int().optional(),
        utc_end: z.int().optional(),
        prompt: priceText.optional(),
        completion: priceText.optional(),
        input_cache_read: priceText.optional(),
        input_cache_write: priceText.optional(),
        input_cache_write_1h: priceText.optional(),
      }),
    )
    .optional()
    .describe('Other prices that apply under a condition; the last one that applies counts.'),
});

export type PricingAnswer = z.infer<typeof pricing>;

const architecture = z.object({
  modality: z.string(),
  input_modalities: z.array(z.string()),
  output_modalities: z.array(z.string()),
  tokenizer: z.string(),
  instruct_type: nullableText,
});

/** A model, with the price and limits of its cheapest endpoint that can be used. */
export const modelAnswer = z.object({
  id: z.string(),
  canonical_slug: z.string(),
  object: z.literal('model'),
  type: z.literal('model'),
  owned_by: z.string(),
  hugging_face_id: z.null(),
  name: z.string(),
  display_name: z.string(),
  created: z.int(),
  created_at: z.iso.datetime(),
  description: z.string(),
  context_length: z.int(),
  architecture,
  pricing,
  top_provider: z.object({
    context_length: nullableInteger,
    max_completion_tokens: nullableInteger,
    is_moderated: z.boolean(),
  }),
  per_request_limits: z.null(),
  supported_parameters: z.array(z.string()),
  supported_voices: z.null(),
  default_parameters: z.null(),
  knowledge_cutoff: nullableText,
  expiration_date: nullableText,
  links: z.object({ details: z.string() }),
});

export type ModelAnswer = z.infer<typeof modelAnswer>;

export const modelsAnswer = z.object({
  object: z.literal('list'),
  data: z.array(modelAnswer),
  total_count: z.int(),
  links: z.object({ next: nullableText }),
  has_more: z.boolean(),
  first_id: nullableText,
  last_id: nullableText,
});

export const oneModelAnswer = z.object({ data: modelAnswer });
export const modelCountAnswer = z.object({ data: z.object({ count: z.int() }) });

const percentiles = z
  .object({ p50: z.number(), p75: z.number(), p90: z.number(), p99: z.number() })
  .nullable();

const endpoint = z.object({
  name: z.string(),
  model_id: z.string(),
  model_name: z.string(),
  provider_name: z.string(),
  tag: z.string().describe('What `provider.order` and `provider.only` take.'),
  context_length: z.int(),
  max_prompt_tokens: nullableInteger,
  max_completion_tokens: nullableInteger,
  pricing,
  quantization: z.string(),
  supported_parameters: z.array(z.string()),
  supports_implicit_caching: z.boolean(),
  supports_tool_choice: z.object({
    auto: z.boolean(),
    none: z.boolean(),
    required: z.boolean(),
    function: z.boolean(),
  }),
  supports_voice_cloning: z.boolean(),
  status: z.int().describe('0 up, -1 degraded, -2 down, -5 not configured or switched off.'),
  uptime_last_5m: nullableNumber.describe(
    'Percentage of requests answered in the last five minutes; null without traffic.',
  ),
  uptime_last_30m: nullableNumber.describe('The same over the last half hour.'),
  uptime_last_1d: nullableNumber.describe('The same over the last day.'),
  latency_last_30m: percentiles.describe('Milliseconds to the first token; null without traffic.'),
  throughput_last_30m: percentiles.describe(
    'Tokens per second after the first token; null without traffic.',
  ),
});

export type EndpointAnswer = z.infer<typeof endpoint>;

export const endpointsAnswer = z.object({
  data: z.object({
    id: z.string(),
    name: z.string(),
    created: z.int(),
    description: z.string(),
    architecture,
    endpoints: z.array(endpoint),
  }),
});

const provider = z.object({
  name: z.string(),
  slug: z.string(),
  privacy_policy_url: nullableText,
  terms_of_service_url: nullableText,
  status_page_url: nullableText,
  headquarters: nullableText,
  datacenters: z.array(z.string()).nullable(),
});

export const providersAnswer = z.object({ data: z.array(provider) });
