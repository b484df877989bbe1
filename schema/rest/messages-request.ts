import { z } from 'zod';
import { marked, routing, strictTool } from './chat-request.ts';
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

const textBlock = z.object({
  type: z.literal('text'),
  text: z.string(),
  citations: withoutEffect('the text is passed on, not what it cites.'),
  ...marked,
});

const inline = z.object({
  type: z.literal('base64'),
  media_type: z.string(),
  data: z.string(),
});
const remote = z.object({ type: z.literal('url'), url: z.string() });
const image = z.object({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [inline, remote]),
  transformations: may(
    z.object({ oversized_image: notOffered('The provider scales it down.', 'downsize') }),
  ),
  ...marked,
});
const document = z.object({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    inline,
    z.object({ type: z.literal('text'), media_type: z.string(), data: z.string() }),
  ]),
  title: text,
  context: text,
  citations: may(
    z.object({ enabled: notOffered('Ask in the prompt for the passages that are to be quoted.') }),
  ),
  ...marked,
});

/** Of tools that Anthropic names and defines. */
const toolsetName = notOffered('Accepted are tools with a schema of their own.');

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: jsonObject,
  caller: withoutEffect('no tool runs on the server.'),
  toolset_name: toolsetName,
  ...marked,
});
const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: may(
    z.union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, image, document]))]),
  ),
  is_error: flag,
  toolset_name: toolsetName,
  ...marked,
});
const thinking = z.object({
  type: z.literal('thinking'),
  thinking: z.string(),
  signature: text,
});
const redactedThinking = z.object({ type: z.literal('redacted_thinking'), data: z.string() });

const said = <Blocks extends readonly [typeof textBlock, ...z.core.$ZodTypeDiscriminable[]]>(
  ...blocks: Blocks
) => z.union([z.string(), z.array(z.discriminatedUnion('type', blocks))]);

/** Who speaks may say what belongs to the role; a block of the other's would be lost. */
const message = z.discriminatedUnion('role', [
  z.object({ role: z.literal('user'), content: said(textBlock, image, document, toolResult) }),
  z.object({
    role: z.literal('assistant'),
    content: said(textBlock, toolUse, thinking, redactedThinking),
  }),
  z.object({
    role: z.literal('system'),
    content: said(textBlock),
    clear_at: withoutEffect('send what the model is to see.'),
    output_config: notOffered('One `output_config` holds for the whole request.'),
  }),
]);

const tool = z.object({
  type: may(z.literal('custom', { error: 'No tool runs on the server. Accepted: custom.' })),
  name: z.string(),
  description: text,
  input_schema: jsonObject,
  strict: strictTool,
  allowed_callers: may(
    z.array(z.literal('direct', { error: 'No tool runs on the server. Accepted: direct.' })),
  ),
  defer_loading: withoutEffect('the model is shown every tool from the beginning.'),
  eager_input_streaming: withoutEffect('arguments are streamed as the provider gives them.'),
  input_examples: notOffered('Show them in `description`.'),
  ...marked,
});

const once = { disable_parallel_tool_use: flag };
const toolChoice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auto'), ...once }),
  z.object({ type: z.literal('any'), ...once }),
  z.object({ type: z.literal('none') }),
  z.object({ type: z.literal('tool'), name: z.string(), ...once }),
]);

const shownAsGiven = {
  display: withoutEffect('thoughts are shown as far as the provider shows them.'),
  block_binding: withoutEffect('thoughts are returned to the provider unchanged.'),
};

const sameForAll = notOffered('Every model is asked the same.');

const jsonSchema = z.object({ type: z.literal('json_schema'), schema: json });

/** `POST …/messages`, in Anthropic's form. Fields that are not named here are ignored. */
export const messagesRequest = z.object({
  model: z.string(),
  max_tokens: z.int(),
  messages: z.array(message),
  system: may(z.union([z.string(), z.array(textBlock)])),
  stream: flag,
  temperature: number,
  top_p: number,
  top_k: integer,
  stop_sequences: texts,
  tools: may(z.array(tool)),
  tool_choice: may(toolChoice),
  thinking: may(
    z.discriminatedUnion('type', [
      z.object({ type: z.literal('enabled'), budget_tokens: z.int(), ...shownAsGiven }),
      z.object({ type: z.literal('adaptive'), ...shownAsGiven }),
      z.object({ type: z.literal('disabled') }),
    ]),
  ),
  output_config: may(
    z.object({
      effort: may(z.enum(['low', 'medium', 'high', 'xhigh', 'max'])),
      format: may(jsonSchema),
      task_budget: notOffered('The length of an answer is bounded by `max_tokens`.'),
    }),
  ),
  output_format: may(jsonSchema),
  metadata: may(z.object({ user_id: text })),
  ...marked,
  models: routing.models,
  fallbacks: may(
    z.array(
      z.object({
        model: z.string(),
        max_tokens: sameForAll,
        output_config: sameForAll,
        speed: sameForAll,
        thinking: sameForAll,
      }),
    ),
  ),
  fallback_credit_token: notOffered('Nothing is credited for a refusal.'),
  provider: routing.provider,
  session_id: text,
  user: text,
  trace: routing.trace,
  preset: routing.preset,
  plugins: routing.plugins,
  transforms: routing.transforms,
  speed: notOffered('Choose endpoints with `provider`.', 'standard'),
  inference_geo: notOffered('Choose endpoints with `provider`.', 'global'),
  stop_server_tools_when: withoutEffect('no tool runs on the server.'),
  service_tier: notOffered('Choose endpoints with `provider`.', 'auto', 'standard_only'),
  container: notOffered('No tool runs on the server.'),
  mcp_servers: notOffered('No tool runs on the server.'),
  context_management: withoutEffect('send what the model is to see.'),
  compaction: notOffered('Ask for a summary in the prompt.'),
  thread: notOffered('Send the turns that the model is to see.'),
  diagnostics: withoutEffect('`usage` says what was read from the cache.'),
  safeguards: withoutEffect('calls of tools are not judged here.'),
  billing_policy: notOffered('The account of the key pays.'),
});

export type MessagesRequest = z.infer<typeof messagesRequest>;

/** `POST …/messages/count_tokens`: the same without a length of the answer. */
export const countTokensRequest = messagesRequest.omit({ max_tokens: true, stream: true });
