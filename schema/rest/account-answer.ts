import { z } from 'zod';
import {
  dollars,
  flag,
  may,
  notOffered,
  nullableInteger,
  nullableNumber,
  nullableText,
  text,
} from './fields.ts';

const period = z.enum(['daily', 'weekly', 'monthly']);

/** What every view of a key has. Spending in US dollars; days and weeks begin in UTC. */
const keyView = {
  label: z.string().describe('The part of the secret that is kept readable.'),
  limit: dollars.nullable(),
  limit_remaining: dollars.nullable(),
  limit_reset: period.nullable(),
  include_byok_in_limit: z.boolean(),
  usage: dollars,
  usage_daily: dollars,
  usage_weekly: dollars,
  usage_monthly: dollars,
  byok_usage: dollars,
  byok_usage_daily: dollars,
  byok_usage_weekly: dollars,
  byok_usage_monthly: dollars,
  creator_user_id: nullableText,
  expires_at: nullableText,
};

/** `GET …/key`: the key that asks. */
export const ownKeyAnswer = z.object({
  data: z.object({
    ...keyView,
    is_free_tier: z.boolean(),
    is_management_key: z.boolean(),
    is_provisioning_key: z.boolean(),
    organization_id: z.string(),
    allowed_data_regions: z.array(z.string()),
    workspace_id: z.string(),
    free_model_daily_requests: z
      .object({ limit: z.int(), used: z.int(), remaining: z.int() })
      .describe('-1: free models have no limit of their own.'),
    rate_limit: z.object({ requests: z.int(), interval: z.string(), note: z.string() }),
  }),
});

/** A key as those see it who manage keys. */
const managedKey = z.object({
  ...keyView,
  hash: z.string().describe('The id of the key; it reveals nothing about the secret.'),
  name: z.string(),
  disabled: z.boolean(),
  workspace_id: z.string(),
  external_user: z.null(),
  created_at: z.string(),
  updated_at: nullableText,
});

export type ManagedKey = z.infer<typeof managedKey>;
export type OwnKey = z.infer<typeof ownKeyAnswer>['data'];

export const keysAnswer = z.object({ data: z.array(managedKey), total_count: z.int() });
export const keyAnswer = z.object({ data: managedKey });
export const newKeyAnswer = z.object({
  data: managedKey,
  key: z.string().describe('The secret. It is shown only this once.'),
});
export const deletedAnswer = z.object({ deleted: z.literal(true) });

const limits = {
  limit: may(z.number()),
  limit_reset: may(period),
  include_byok_in_limit: notOffered('On an own provider key the fee alone counts.'),
};

export const newKeyRequest = z.object({
  name: z.string(),
  ...limits,
  expires_at: may(
    z.iso.datetime({
      offset: true,
      error: 'It is not a time. Accepted: as 2026-01-31T00:00:00Z',
    }),
  ),
  workspace_id: text.describe('The id of the organization that the request is about.'),
  creator_user_id: notOffered('A key that a key makes belongs to the organization.'),
  external: notOffered('Send `user` with each request.'),
});

export type NewKeyRequest = z.infer<typeof newKeyRequest>;

export const keyChange = z.object({ name: may(z.string()), disabled: flag, ...limits });

/** `GET …/credits`, in US dollars: the difference is the balance. */
export const creditsAnswer = z.object({
  data: z.object({ total_credits: dollars, total_usage: dollars }),
});

/** `GET …/generation`: one completion, from its admission on. Times in milliseconds. */
export const generationAnswer = z.object({
  data: z.object({
    id: z.string(),
    upstream_id: z.null(),
    request_id: z.null(),
    session_id: nullableText,
    created_at: z.string(),
    model: z.string(),
    api_type: z.enum(['completions', 'embeddings']),
    provider_name: nullableText,
    router: z.null(),
    preset_id: z.null(),
    app_id: z.null(),
    origin: z.string().describe('The application that it was attributed to.'),
    http_referer: z.null(),
    user_agent: z.null(),
    external_user: nullableText,
    workspace_id: nullableText,
    data_region: z.literal('global'),
    streamed: z.boolean(),
    cancelled: z.boolean(),
    finish_reason: nullableText,
    native_finish_reason: nullableText,
    latency: nullableNumber.describe('Milliseconds to the first token.'),
    generation_time: nullableNumber.describe('Milliseconds from the first token to the end.'),
    moderation_latency: z.null(),
    tokens_prompt: z.int(),
    tokens_completion: z.int(),
    native_tokens_prompt: z.int(),
    native_tokens_completion: z.int(),
    native_tokens_reasoning: z.int(),
    native_tokens_cached: z.int(),
    native_tokens_completion_images: nullableInteger,
    num_media_prompt: nullableInteger,
    num_media_completion: nullableInteger,
    num_input_audio_prompt: nullableInteger,
    num_search_results: nullableInteger,
    num_fetches: nullableInteger,
    web_search_engine: z.null(),
    usage: dollars,
    total_cost: dollars,
    upstream_inference_cost: nullableNumber,
    cache_discount: nullableNumber,
    is_byok: z.boolean(),
    service_tier: z.null(),
    response_cache_source_id: z.null(),
    provider_responses: z.array(
      z.object({
        provider_name: nullableText,
        endpoint_id: z.string(),
        model_permaslug: nullableText,
        status: nullableInteger,
        latency: z.number(),
        is_byok: z.boolean(),
      }),
    ),
  }),
});

export type Generation = z.infer<typeof generationAnswer>['data'];

/** `GET …/activity`: days in UTC, newest first. */
export const activityAnswer = z.object({
  data: z.array(
    z.object({
      date: z.string(),
      model: z.string(),
      model_permaslug: z.string(),
      endpoint_id: z.string(),
      provider_name: z.string(),
      usage: dollars,
      byok_usage_inference: dollars,
      requests: z.int(),
      prompt_tokens: z.int(),
      completion_tokens: z.int(),
      reasoning_tokens: z.int(),
    }),
  ),
});

export type ActivityRow = z.infer<typeof activityAnswer>['data'][number];
