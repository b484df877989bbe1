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

const textBlock = z.object({ type: z.literal('text'), text: z.string(), ...marked });

const inline = z.object({
  type: z.literal('base64'),
  media_type: z.string(),
  data: z.string(),
});
const remote = z.object({ type: z.literal('url'), url: z.string() });
const image = z.object({
  type: z.literal('image'),
  source: z.discriminatedUnion('type', [inline, remote]),
  ...marked,
});
const document = z.object({
  type: z.literal('document'),
  source: z.discriminatedUnion('type', [
    inline,
    z.object({ type: z.literal('text'), media_type: z.string(), data: z.string() }),
  ]),
  title: text,
  ...marked,
});

const toolUse = z.object({
  type: z.literal('tool_use'),
  id: z.string(),
  name: z.string(),
  input: jsonObject,
  ...marked,
});
const toolResult = z.object({
  type: z.literal('tool_result'),
  tool_use_id: z.string(),
  content: may(
    z.union([z.string(), z.array(z.discriminatedUnion('type', [textBlock, image, document]))]),
  ),
  is_error: flag,
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
  z.object({ role: z.literal('system'), content: said(textBlock) }),
]);

const tool = z.object({
  type: may(z.literal('custom', { error: 'No tool runs on the server. Accepted: custom.' })),
  name: z.string(),
  description: text,
  input_schema: jsonObject,
  strict: strictTool,
  ...marked,
});

const once = { disable_parallel_tool_use: flag };
const toolChoice = z.discriminatedUnion('type', [
  z.object({ type: z.literal('auto'), ...once }),
  z.object({ type: z.literal('any'), ...once }),
  z.object({ type: z.literal('none') }),
  z.object({ type: z.literal('tool'), name: z.string(), ...once }),
]);

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
      z.object({ type: z.literal('enabled'), budget_tokens: z.int() }),
      z.object({ type: z.literal('adaptive') }),
      z.object({ type: z.literal('disabled') }),
    ]),
  ),
  output_config: may(
    z.object({
      effort: may(z.enum(['low', 'medium', 'high', 'xhigh', 'max'])),
      format: may(jsonSchema),
    }),
  ),
  output_format: may(jsonSchema),
  metadata: may(z.object({ user_id: text })),
  ...marked,
  models: routing.models,
  fallbacks: may(z.array(z.object({ model: z.string() }))),
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
});

export type MessagesRequest = z.infer<typeof messagesRequest>;

/** `POST …/messages/count_tokens`: the same without a length of the answer. */
export const countTokensRequest = messagesRequest.omit({ max_tokens: true, stream: true });
