import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import type { CompletionInput, ContentPartInput, MessageInput } from '#completions';
import { InvalidInput } from '#kernel';

/** A field that may be absent or null, which mean the same. */
const may = <Type extends z.ZodType>(type: Type) => type.nullish();

const textPart = z.object({ type: z.literal('text'), text: z.string() });
const imagePart = z.object({
  type: z.literal('image_url'),
  image_url: z.object({ url: z.string() }),
});
const audioPart = z.object({
  type: z.literal('input_audio'),
  input_audio: z.object({ data: z.string(), format: z.string() }),
});
const filePart = z.object({
  type: z.literal('file'),
  file: z.object({ file_data: z.string(), filename: may(z.string()) }),
});
const cacheControl = z.object({ ttl: may(z.enum(['5m', '1h'])) });
const marked = { cache_control: may(cacheControl) };
const part = z.discriminatedUnion('type', [
  textPart.extend(marked),
  imagePart.extend(marked),
  audioPart.extend(marked),
  filePart.extend(marked),
]);

const toolCall = z.object({
  id: z.string(),
  function: z.object({ name: z.string(), arguments: z.string() }),
});

const message = z.object({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: may(z.union([z.string(), z.array(part)])),
  name: may(z.string()),
  tool_call_id: may(z.string()),
  tool_calls: may(z.array(toolCall)),
  reasoning_details: may(z.unknown()),
  cache_control: may(cacheControl),
});

const price = z.union([z.number(), z.string()]);
const names = may(z.array(z.string()));
const number = may(z.number());
const integer = may(z.int());
const flag = may(z.boolean());

const provider = z.object({
  order: names,
  only: names,
  ignore: names,
  allow_fallbacks: flag,
  require_parameters: flag,
  sort: may(z.enum(['price', 'throughput', 'latency'])),
  quantizations: names,
  max_price: may(z.object({ prompt: may(price), completion: may(price) })),
  data_collection: may(z.enum(['allow', 'deny'])),
  zdr: flag,
});

const efforts = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh'] as const;

const responseFormat = z.discriminatedUnion('type', [
  z.object({ type: z.literal('text') }),
  z.object({ type: z.literal('json_object') }),
  z.object({
    type: z.literal('json_schema'),
    json_schema: z.object({ name: may(z.string()), schema: may(z.unknown()), strict: flag }),
  }),
]);

const toolChoice = z.union([
  z.enum(['auto', 'none', 'required']),
  z.object({ type: z.literal('function'), function: z.object({ name: z.string() }) }),
]);

const tool = z.object({
  type: z.literal('function'),
  function: z.object({
    name: z.string(),
    description: may(z.string()),
    parameters: may(z.record(z.string(), z.unknown())),
  }),
});

/** Fields that are not named here are ignored, as clients expect of this surface. */
const chatRequest = z.object({
  model: z.string(),
  models: names,
  messages: z.array(message),
  stream: flag,
  max_tokens: integer,
  max_completion_tokens: integer,
  temperature: number,
  top_p: number,
  top_k: integer,
  min_p: number,
  frequency_penalty: number,
  presence_penalty: number,
  repetition_penalty: number,
  seed: integer,
  stop: may(z.union([z.string(), z.array(z.string())])),
  logit_bias: may(z.record(z.string(), z.number())),
  n: may(z.literal(1, { error: 'One answer a request is what is offered. Accepted: 1.' })),
  tools: may(z.array(tool)),
  tool_choice: may(toolChoice),
  parallel_tool_calls: flag,
  response_format: may(responseFormat),
  reasoning: may(z.object({ effort: may(z.enum(efforts)), max_tokens: integer, exclude: flag })),
  reasoning_effort: may(z.enum(efforts)),
  provider: may(provider),
  metadata: may(z.record(z.string(), z.string())),
  user: may(z.string()),
  session_id: may(z.string()),
});

type ChatRequest = z.infer<typeof chatRequest>;
type Message = ChatRequest['messages'][number];

/** What a client asks for, and whether it wants it as a stream. */
export interface ChatAsked {
  readonly input: CompletionInput;
  readonly stream: boolean;
}

/** Reads the body of `chat/completions`. InvalidInput names every field that is wrong. */
export function readChatRequest(body: unknown, headers: IncomingHttpHeaders): ChatAsked {
  const read = chatRequest.safeParse(body);
  if (!read.success) throw new InvalidInput(read.error.issues.map(issueOf));
  return { input: inputOf(read.data, headers), stream: read.data.stream ?? false };
}

function issueOf({ path, message }: z.core.$ZodIssue) {
  return { path: path.join('.') || 'body', message: `${message.replace(/\.$/, '')}.` };
}

function inputOf(asked: ChatRequest, headers: IncomingHttpHeaders): CompletionInput {
  const { reasoning, stop } = asked;
  const effort = reasoning?.effort ?? asked.reasoning_effort;
  return {
    model: asked.model,
    fallbackModels: asked.models?.filter((model) => model !== asked.model) ?? null,
    messages: asked.messages.map(messageOf),
    provider: asked.provider ? preferencesOf(asked.provider) : null,
    maxTokens: asked.max_completion_tokens ?? asked.max_tokens ?? null,
    temperature: asked.temperature ?? null,
    topP: asked.top_p ?? null,
    topK: asked.top_k ?? null,
    minP: asked.min_p ?? null,
    frequencyPenalty: asked.frequency_penalty ?? null,
    presencePenalty: asked.presence_penalty ?? null,
    repetitionPenalty: asked.repetition_penalty ?? null,
    seed: asked.seed ?? null,
    stop: typeof stop === 'string' ? [stop] : (stop ?? null),
    logitBias: asked.logit_bias ?? null,
    tools: asked.tools?.map(toolOf) ?? null,
    toolChoice: choiceOf(asked.tool_choice),
    parallelToolCalls: asked.parallel_tool_calls ?? null,
    responseFormat: asked.response_format ? formatOf(asked.response_format) : null,
    reasoning:
      reasoning || effort
        ? {
            effort: effort ? upper(effort) : null,
            maxTokens: reasoning?.max_tokens ?? null,
            exclude: reasoning?.exclude ?? null,
          }
        : null,
    metadata: asked.metadata ?? null,
    user: asked.user ?? null,
    sessionId: asked.session_id ?? null,
    idempotencyKey: header(headers, 'idempotency-key'),
    app: appOf(headers),
  };
}

function messageOf(given: Message): MessageInput {
  const parts = Array.isArray(given.content) ? given.content : null;
  const mark = given.cache_control ?? parts?.findLast((one) => one.cache_control)?.cache_control;
  return {
    role: upper(given.role),
    content: typeof given.content === 'string' ? given.content : null,
    parts: parts?.map(partOf) ?? null,
    name: given.name ?? null,
    toolCallId: given.tool_call_id ?? null,
    toolCalls: given.tool_calls?.map((call) => ({ id: call.id, ...call.function })) ?? null,
    reasoningDetails: given.reasoning_details ?? null,
    cacheControl: mark ? { ttl: mark.ttl ?? '5m' } : null,
  };
}

function partOf(given: z.infer<typeof part>): ContentPartInput {
  switch (given.type) {
    case 'text':
      return { text: given.text };
    case 'image_url':
      return { imageUrl: given.image_url.url };
    case 'input_audio':
      return {
        audio: { data: given.input_audio.data, mediaType: `audio/${given.input_audio.format}` },
      };
    case 'file':
      return { file: fileOf(given.file) };
  }
}

/** `data:application/pdf;base64,…`, or the bare base64 of a PDF. */
function fileOf(file: { file_data: string; filename?: string | null | undefined }) {
  const [, mediaType, data] = /^data:([^;,]+);base64,(.*)$/s.exec(file.file_data) ?? [];
  return {
    data: data ?? file.file_data,
    mediaType: mediaType ?? 'application/pdf',
    filename: file.filename ?? null,
  };
}

const toolOf = ({ function: { name, description, parameters } }: z.infer<typeof tool>) => ({
  name,
  description: description ?? null,
  parameters: parameters ?? { type: 'object', properties: {} },
});

function choiceOf(choice: ChatRequest['tool_choice']): string | null {
  return choice && typeof choice === 'object' ? choice.function.name : (choice ?? null);
}

function formatOf(
  format: z.infer<typeof responseFormat>,
): NonNullable<CompletionInput['responseFormat']> {
  if (format.type !== 'json_schema') return { type: upper(format.type) };
  const { name, schema, strict } = format.json_schema;
  return {
    type: 'JSON_SCHEMA',
    name: name ?? null,
    schema: schema ?? null,
    strict: strict ?? null,
  };
}

function preferencesOf(given: z.infer<typeof provider>): NonNullable<CompletionInput['provider']> {
  const { data_collection: collection } = given;
  return {
    order: given.order ?? null,
    only: given.only ?? null,
    ignore: given.ignore ?? null,
    allowFallbacks: given.allow_fallbacks ?? null,
    requireParameters: given.require_parameters ?? null,
    sort: given.sort ? upper(given.sort) : null,
    quantizations: given.quantizations ?? null,
    maxPromptPricePerMillion: decimalOf(given.max_price?.prompt),
    maxCompletionPricePerMillion: decimalOf(given.max_price?.completion),
    allowTraining: collection ? collection === 'allow' : null,
    zeroRetention: given.zdr ?? null,
  };
}

/**
 * A number of JSON as the decimal that it was written as; 12 places are what a price per million
 * has.
 */
function decimalOf(value: number | string | null | undefined): string | null {
  if (typeof value !== 'number') return value ?? null;
  return value.toFixed(12).replace(/\.?0+$/, '');
}

function appOf(headers: IncomingHttpHeaders): NonNullable<CompletionInput['app']> | null {
  const url = header(headers, 'http-referer') ?? header(headers, 'referer');
  const name = header(headers, 'x-title') ?? (url && URL.canParse(url) ? new URL(url).host : null);
  return name ? { name, url } : null;
}

function header(headers: IncomingHttpHeaders, name: string): string | null {
  const value = headers[name];
  return typeof value === 'string' && value !== '' ? value : null;
}

const upper = <Text extends string>(text: Text) => text.toUpperCase() as Uppercase<Text>;
