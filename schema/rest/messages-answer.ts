import { z } from 'zod';
import { dollars, nullableText } from './fields.ts';

/** Tokens that are neither read from a cache nor written to one are `input_tokens`. */
const messagesUsage = z.object({
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_input_tokens: z.int(),
  cache_creation_input_tokens: z.int(),
  cost: dollars.describe('US dollars that were charged, the fee included.'),
  is_byok: z.boolean(),
});

export type MessagesUsage = z.infer<typeof messagesUsage>;

const block = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string(), citations: z.null() }),
  z.object({ type: z.literal('thinking'), thinking: z.string(), signature: z.string() }),
  z.object({ type: z.literal('redacted_thinking'), data: z.string() }),
  z.object({
    type: z.literal('tool_use'),
    id: z.string(),
    name: z.string(),
    input: z.record(z.string(), z.unknown()),
  }),
]);

export type MessagesBlock = z.infer<typeof block>;

/** The whole answer of `messages`. */
export const messagesAnswer = z.object({
  id: z.string(),
  type: z.literal('message'),
  role: z.literal('assistant'),
  model: z.string(),
  provider: nullableText,
  content: z.array(block),
  stop_reason: nullableText.describe('end_turn, stop_sequence, max_tokens, tool_use or refusal.'),
  stop_sequence: nullableText.describe(
    'The stop sequence that ended the answer, where the provider reports it.',
  ),
  usage: messagesUsage,
});

export type MessagesAnswer = z.infer<typeof messagesAnswer>;
export type MessagesStop = Pick<MessagesAnswer, 'stop_reason' | 'stop_sequence'>;

/** The answer of `messages/count_tokens`. */
export const countTokensAnswer = z.object({
  input_tokens: z.int().describe('Tokens of the system prompt, the messages and the tools.'),
});

export type CountTokensAnswer = z.infer<typeof countTokensAnswer>;
