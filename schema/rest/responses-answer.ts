import { z } from 'zod';
import { dollars, json, nullableInteger, nullableNumber, nullableText } from './fields.ts';

const usage = z.object({
  input_tokens: z.int(),
  input_tokens_details: z.object({ cached_tokens: z.int(), cache_write_tokens: z.int() }),
  output_tokens: z.int(),
  output_tokens_details: z.object({ reasoning_tokens: z.int() }),
  total_tokens: z.int(),
  cost: dollars.describe('US dollars that were charged, the fee included.'),
  is_byok: z.boolean(),
});

export type ResponsesUsage = z.infer<typeof usage>;

const status = z.enum(['in_progress', 'completed', 'incomplete', 'failed']);

const source = z.object({
  type: z.literal('url_citation'),
  url: z.string(),
  title: z.string(),
  start_index: z.int(),
  end_index: z.int(),
});

export type ResponsesSource = z.infer<typeof source>;

const item = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('message'),
    id: z.string(),
    role: z.literal('assistant'),
    status,
    content: z.array(
      z.discriminatedUnion('type', [
        z.object({
          type: z.literal('output_text'),
          text: z.string(),
          annotations: z.array(source),
          logprobs: z.array(z.unknown()),
        }),
        z.object({ type: z.literal('refusal'), refusal: z.string() }),
      ]),
    ),
  }),
  z.object({
    type: z.literal('function_call'),
    id: z.string(),
    call_id: z.string(),
    name: z.string(),
    namespace: z.string().optional(),
    arguments: z.string(),
    status,
  }),
  z.object({
    type: z.literal('custom_tool_call'),
    id: z.string(),
    call_id: z.string(),
    name: z.string(),
    namespace: z.string().optional(),
    input: z.string(),
    status,
  }),
  z.object({
    type: z.literal('reasoning'),
    id: z.string(),
    summary: z.array(z.object({ type: z.literal('summary_text'), text: z.string() })),
    encrypted_content: z
      .string()
      .optional()
      .describe('Reasoning data that the provider wants back, unchanged, in the next turn.'),
  }),
]);

export type ResponsesItem = z.infer<typeof item>;

/** A tool as it was asked for, with what was left out as null: clients insist on the fields. */
const functionTool = z.object({
  type: z.literal('function'),
  name: z.string(),
  description: nullableText,
  parameters: z.record(z.string(), z.unknown()).nullable(),
  strict: json,
});

const customTool = z.object({
  type: z.literal('custom'),
  name: z.string(),
  description: nullableText,
  format: json,
});

const calledTool = z.discriminatedUnion('type', [functionTool, customTool]);

const tool = z.discriminatedUnion('type', [
  functionTool,
  customTool,
  z.object({
    type: z.literal('namespace'),
    name: z.string(),
    description: nullableText,
    tools: z.array(calledTool),
  }),
]);

/** The whole answer of `responses`, and what its first and last events carry. */
export const responsesAnswer = z.object({
  id: z.string(),
  object: z.literal('response'),
  created_at: z.int(),
  completed_at: nullableInteger,
  model: z.string(),
  provider: nullableText,
  status,
  output: z.array(item),
  output_text: z.string(),
  error: z.object({ code: z.string(), message: z.string() }).nullable(),
  incomplete_details: z.object({ reason: z.string() }).nullable(),
  usage: usage.nullable(),
  instructions: nullableText,
  metadata: z.record(z.string(), z.string()).nullable(),
  parallel_tool_calls: z.boolean(),
  temperature: nullableNumber,
  top_p: nullableNumber,
  frequency_penalty: nullableNumber,
  presence_penalty: nullableNumber,
  max_output_tokens: nullableInteger,
  previous_response_id: z.null(),
  store: z.literal(false),
  tool_choice: json,
  tools: z.array(tool),
  text: json,
  reasoning: json,
  truncation: z.literal('disabled'),
});

export type ResponsesAnswer = z.infer<typeof responsesAnswer>;
