import { z } from 'zod';
import { dollars, json, nullableText } from './fields.ts';

/** What was used and what it cost. */
export const usage = z.object({
  prompt_tokens: z.int(),
  completion_tokens: z.int(),
  total_tokens: z.int(),
  cost: dollars.describe('US dollars that were charged, the fee included.'),
  is_byok: z.boolean().describe('The provider billed your own key; `cost` is the fee.'),
  prompt_tokens_details: z.object({
    cached_tokens: z.int(),
    cache_write_tokens: z.int(),
    audio_tokens: z.int(),
  }),
  completion_tokens_details: z.object({ reasoning_tokens: z.int() }),
  cost_details: z.object({
    upstream_inference_cost: dollars
      .nullable()
      .describe('List price of what was consumed on your own provider key; else null.'),
    upstream_inference_prompt_cost: dollars,
    upstream_inference_completions_cost: dollars,
  }),
});

export type UsageAnswer = z.infer<typeof usage>;

const finish = {
  finish_reason: nullableText.describe('stop, length, tool_calls, content_filter or error.'),
  native_finish_reason: nullableText.describe('The finish reason as the provider names it.'),
};

const toolCall = z.object({
  index: z.int(),
  id: z.string(),
  type: z.literal('function'),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

const answered = {
  id: z.string(),
  created: z.int(),
  model: z.string().describe('The model that answered.'),
  provider: nullableText.describe('The provider that answered.'),
};

/** A whole answer of chat/completions. */
export const chatAnswer = z.object({
  ...answered,
  object: z.literal('chat.completion'),
  system_fingerprint: z.null().describe('Always there and null: clients insist on the field.'),
  choices: z.array(
    z.object({
      index: z.int(),
      ...finish,
      logprobs: z.null(),
      message: z.object({
        role: z.literal('assistant'),
        content: nullableText,
        refusal: nullableText,
        reasoning: nullableText,
        reasoning_details: json,
        tool_calls: z.array(toolCall).optional(),
        annotations: json,
        images: z
          .array(
            z.object({
              type: z.literal('image_url'),
              index: z.int(),
              image_url: z.object({ url: z.string() }),
            }),
          )
          .optional()
          .describe('Images that the model made; in a stream, in the last delta.'),
      }),
    }),
  ),
  usage,
});

export type ChatAnswer = z.infer<typeof chatAnswer>;

/** A whole answer of the form before chat. */
export const completionAnswer = z.object({
  ...answered,
  object: z.literal('text_completion'),
  system_fingerprint: z.null(),
  choices: z.array(z.object({ index: z.int(), ...finish, text: z.string(), logprobs: z.null() })),
  usage,
});

export type CompletionAnswer = z.infer<typeof completionAnswer>;
