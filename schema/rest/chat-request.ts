import { z } from 'zod';
import {
  flag,
  integer,
  json,
  jsonObject,
  may,
  notOffered,
  number,
  text,
  texts,
  withoutEffect,
} from './fields.ts';
import { providerPreferences } from './provider-preferences.ts';

export const cacheControl = z.object({ ttl: may(z.enum(['5m', '1h'])) });

/** What can end a beginning of the prompt that the provider keeps in its cache. */
export const marked = { cache_control: may(cacheControl) };

const part = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text'), text: z.string(), ...marked }),
  z.object({
    type: z.literal('image_url'),
    image_url: z.object({
      url: z.string(),
      detail: withoutEffect('the provider chooses the detail.'),
    }),
    ...marked,
  }),
  z.object({
    type: z.literal('input_audio'),
    input_audio: z.object({ data: z.string(), format: z.string() }),
    ...marked,
  }),
  z.object({
    type: z.literal('file'),
    file: z.object({ file_data: z.string(), filename: text }),
    ...marked,
  }),
]);

const toolCall = z.object({
  id: z.string(),
  function: z.object({ name: z.string(), arguments: z.string() }),
  ...marked,
});

const message = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: may(z.union([z.string(), z.array(part)])),
  name: text,
  tool_call_id: text,
  tool_calls: may(z.array(toolCall)),
  refusal: text.describe('What the assistant said instead, where there is no `content`.'),
  images: may(z.array(z.object({ image_url: z.object({ url: z.string() }) }))),
  reasoning_details: json,
  reasoning: text.describe('What was thought in this turn, where no `reasoning_details` say it.'),
  reasoning_content: text.describe('The same, as other services name it.'),
  cache_control: may(cacheControl),
});

/** `max` is the field's newest word for the most. */
export const effort = z.enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max']);

/** How much is thought, in the forms that have an object for it. */
export const reasoning = {
  effort: may(effort),
  max_tokens: integer,
  summary: withoutEffect('reasoning comes as the provider gives it.'),
  context: notOffered('Send the turns that the model is to see.', 'auto'),
  mode: notOffered('Say how much with `effort`.', 'standard'),
};

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({ name: text, schema: json, strict: flag }),
  }),
]);

/** What is said of a type of tool that is none here. */
export const accepted = (types: string) => ({
  error:
    'No tool runs on the server, and `responses` alone takes free-form ones. ' +
    `Accepted: ${types}`,
});

/** Whether one of the allowed tools has to be called. */
export const allowedMode = z.enum(['auto', 'required']);

export const toolChoiceTypes = accepted('auto, none, required, function, allowed_tools');

const chosenFunction = z.object({
  type: z.literal('function'),
  function: z.object({ name: z.string() }),
});

const toolChoice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.discriminatedUnion(
    'type',
    [
      chosenFunction,
      z.object({
        type: z.literal('allowed_tools'),
        allowed_tools: z.object({
          mode: allowedMode,
          tools: z
            .array(z.discriminatedUnion('type', [chosenFunction], accepted('function')))
            .min(1),
        }),
      }),
    ],
    toolChoiceTypes,
  ),
]);

export const strictTool = withoutEffect('not all providers support it.');

const functionTool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string(),
    description: text,
    parameters: may(jsonObject),
    strict: strictTool,
    ...marked,
  }),
  ...marked,
});

const tool = z.discriminatedUnion('type', [functionTool], accepted('function'));

/** What the two forms of completions have in common. */
export const sampling = {
  max_tokens: integer,
  temperature: number,
  top_p: number,
  top_k: integer,
  min_p: number,
  top_a: notOffered('Use `top_p` or `min_p`.', 0),
  frequency_penalty: number,
  presence_penalty: number,
  repetition_penalty: number,
  seed: integer,
  stop: may(z.union([z.string(), z.array(z.string())])),
  logit_bias: may(z.record(z.string(), z.number())),
  n: may(z.literal(1, { error: 'One answer a request is what is offered. Accepted: 1.' })),
};

/** Who is asked, and for whom. */
export const routing = {
  models: texts,
  provider: may(providerPreferences),
  route: may(z.literal('fallback')),
  preset: notOffered('Send the fields themselves.'),
  plugins: notOffered('Do it before or after the request.'),
  transforms: notOffered('Shorten the prompt before the request.'),
  user: text,
  session_id: text,
  metadata: may(z.record(z.string(), z.string())),
  trace: withoutEffect('use `metadata`, which is kept with the completion.'),
};

/** What chat and responses have in common beside that. */
export const common = {
  prompt_cache_key: text,
  prompt_cache_options: withoutEffect('a mark, `cache_control`, says what is cached.'),
  prompt_cache_retention: withoutEffect('a mark, `cache_control`, says for how long.'),
  safety_identifier: text,
  image_config: notOffered('An image comes as the model makes it.'),
  moderation: notOffered('Do it before or after the request.'),
  service_tier: notOffered('Choose endpoints with `provider`.', 'auto', 'default'),
  store: notOffered('How long content is kept is set for the organization, as retainContentDays.'),
  max_tool_calls: withoutEffect('no tool runs on the server.'),
  stop_server_tools_when: withoutEffect('no tool runs on the server.'),
  debug: may(z.object({ echo_upstream_body: notOffered('Read GET /v1/generation.') })),
};

/** `POST …/chat/completions`. Fields that are not named here are ignored, as clients expect. */
export const chatRequest = z.object({
  model: text,
  messages: z.array(message),
  stream: flag,
  stream_options: withoutEffect('usage is always on the last chunk.'),
  usage: withoutEffect('usage is always in the answer.'),
  ...sampling,
  ...routing,
  max_completion_tokens: integer,
  tools: may(z.array(tool)),
  tool_choice: may(toolChoice),
  parallel_tool_calls: flag,
  functions: notOffered('Use `tools`.'),
  function_call: notOffered('Use `tool_choice`.'),
  response_format: may(responseFormat),
  modalities: may(
    z.array(
      z.enum(['text', 'image'], {
        error: 'Answers are text and images. Accepted: text, image.',
      }),
    ),
  ),
  structured_outputs: withoutEffect('`response_format` says it.'),
  reasoning: may(z.object({ ...reasoning, exclude: flag, enabled: flag })),
  reasoning_effort: may(effort),
  include_reasoning: flag,
  cache_control: may(cacheControl),
  ...common,
  logprobs: notOffered('Token probabilities are not passed on.'),
  top_logprobs: notOffered('Token probabilities are not passed on.', 0),
  audio: notOffered('Answers are text and images.'),
  web_search_options: notOffered('Give the model a tool that searches.'),
  prediction: withoutEffect('it would change the speed alone.'),
  verbosity: withoutEffect('not all providers support it.'),
});

export type ChatRequest = z.infer<typeof chatRequest>;
