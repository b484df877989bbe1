import { z } from 'zod';
import {
  accepted,
  allowedMode,
  common,
  marked,
  routing,
  sampling,
  strictTool,
  reasoning as thought,
} from './chat-request.ts';
import {
  flag,
  integer,
  json,
  jsonObject,
  may,
  notOffered,
  number,
  text,
  withoutEffect,
} from './fields.ts';

const said = { annotations: json, logprobs: json, ...marked };
const part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('input_text'), text: z.string(), ...marked }),
  z.object({ type: z.literal('output_text'), text: z.string(), ...said }),
  z.object({ type: z.literal('refusal'), refusal: z.string(), ...marked }),
  z.object({ type: z.literal('input_image'), image_url: z.string(), ...marked }),
  z.object({ type: z.literal('input_file'), file_data: z.string(), filename: text, ...marked }),
]);

const message = z.object({
  type: z.literal('message').optional(),
  role: z.enum(['user', 'assistant', 'system', 'developer']),
  content: z.union([z.string(), z.array(part)]),
});

const functionCall = z.object({
  type: z.literal('function_call'),
  call_id: z.string(),
  name: z.string(),
  namespace: text,
  arguments: z.string(),
});

const customCall = z.object({
  type: z.literal('custom_tool_call'),
  call_id: z.string(),
  name: z.string(),
  namespace: text,
  input: z.string(),
});

const callOutput = z.object({
  type: z.enum(['function_call_output', 'custom_tool_call_output']),
  call_id: z.string(),
  output: z.union([z.string(), z.array(part)]),
});

const reasoning = z.object({
  type: z.literal('reasoning'),
  id: text,
  summary: may(z.array(z.object({ text: z.string() }))),
  content: may(z.array(z.object({ text: z.string() }))),
  encrypted_content: text,
});

const functionTool = z.object({
  type: z.literal('function'),
  name: z.string(),
  description: text,
  parameters: may(jsonObject),
  strict: strictTool,
  ...marked,
});

const grammar = z.object({
  type: z.literal('grammar'),
  syntax: z.enum(['lark', 'regex']),
  definition: z.string(),
});

const customTool = z
  .object({
    type: z.literal('custom'),
    name: z.string(),
    description: text,
    format: may(z.discriminatedUnion('type', [z.object({ type: z.literal('text') }), grammar])),
    ...marked,
  })
  .describe(
    'A free-form tool. A provider is sent a function with one text, `input`; the model is told ' +
      'of a grammar, and nothing holds it to it.',
  );

const toolTypes = accepted('function, custom, namespace');

const namespace = z
  .object({
    type: z.literal('namespace'),
    name: z.string(),
    description: text,
    tools: z.array(
      z.discriminatedUnion('type', [functionTool, customTool], accepted('function, custom')),
    ),
  })
  .describe('A provider is sent each function as `namespace__function`.');

const tool = z.discriminatedUnion('type', [functionTool, customTool, namespace], toolTypes);

const chosenTool = z.object({
  type: z.enum(['function', 'custom']),
  name: z.string(),
  namespace: text,
});

const toolChoice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.discriminatedUnion(
    'type',
    [
      chosenTool,
      z.object({
        type: z.literal('allowed_tools'),
        mode: allowedMode,
        tools: z
          .array(z.discriminatedUnion('type', [chosenTool], accepted('function, custom')))
          .min(1),
      }),
    ],
    accepted('auto, none, required, function, custom, allowed_tools'),
  ),
]);

const format = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({ type: z.literal('json_schema'), name: text, schema: json, strict: flag }),
]);

const included = z.string().refine((name) => name !== 'message.output_text.logprobs', {
  error: 'Token probabilities are not passed on.',
});

const itemTypes =
  'message, reasoning, function_call, function_call_output, custom_tool_call, ' +
  'custom_tool_call_output';

const reference =
  'No item is kept here, so none can be referred to: send it whole, as clients do with ' +
  '`store: false`.';

/** Of what no provider is told: the calls of web searches, shells and the like among them. */
const elsewhere = 'It is of a tool or service that is not here: leave it out.';

const isReference = (item: unknown) =>
  z.object({ type: z.literal('item_reference') }).safeParse(item).success;

/** Why an item of another type is refused. */
const refusalOf = (item: unknown) => (isReference(item) ? reference : elsewhere);

/** `POST …/responses`, in OpenAI's form, without a memory: each carries its conversation. */
export const responsesRequest = z.object({
  model: text,
  input: z.union([
    z.string(),
    z.array(
      z.discriminatedUnion('type', [functionCall, customCall, callOutput, reasoning, message], {
        error: ({ input }) => `${refusalOf(input)} Accepted: ${itemTypes}`,
      }),
    ),
  ]),
  instructions: text,
  stream: flag,
  max_output_tokens: integer,
  temperature: number,
  top_p: number,
  top_k: sampling.top_k,
  frequency_penalty: sampling.frequency_penalty,
  presence_penalty: sampling.presence_penalty,
  tools: may(z.array(tool)),
  tool_choice: may(toolChoice),
  parallel_tool_calls: flag,
  text: may(
    z.object({ format: may(format), verbosity: withoutEffect('not all providers support it.') }),
  ),
  reasoning: may(z.object(thought)),
  ...routing,
  ...common,
  modalities: may(z.array(z.literal('text', { error: 'Answers are text. Accepted: text.' }))),
  ...marked,
  include: may(z.array(included)).describe(
    'Accepted without effect: everything available is always included.',
  ),
  previous_response_id: notOffered('Send the conversation in `input`.'),
  conversation: notOffered('Send the conversation in `input`.'),
  prompt: notOffered('Send the prompt itself.'),
  background: notOffered('startCompletion of the GraphQL API runs detached.'),
  truncation: notOffered('Shorten the input before the request.', 'disabled'),
  top_logprobs: notOffered('Token probabilities are not passed on.', 0),
  context_management: withoutEffect('send what the model is to see.'),
  stream_options: withoutEffect('events are not padded.'),
});

export type ResponsesRequest = z.infer<typeof responsesRequest>;
