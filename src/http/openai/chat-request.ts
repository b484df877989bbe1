import type { IncomingHttpHeaders } from 'node:http';
import type {
  CompletionInput,
  ContentPartInput,
  MessageInput,
  ReasoningInput,
  ResponseFormatInput,
} from '#completions';
import { InvalidInput, upper } from '#kernel';
import { type ChatRequest, chatRequest } from '#schema';
import { plainThought } from '#upstream';
import { marked, withMarkBehind } from '../rest/cache-marks.ts';
import { fromHeaders } from '../rest/caller.ts';
import { wirePath } from '../rest/errors.ts';
import { filePart } from '../rest/parts.ts';
import { preferencesOf } from '../rest/preferences.ts';
import type { Asked } from '../rest/run-door.ts';
import { inShape } from '../rest/shape.ts';
import { samplingOf, whoAsks } from './sampling.ts';
import { chosen, type ToolChoice } from './tool-choice.ts';

type Message = ChatRequest['messages'][number];
type Part = Extract<Message['content'], readonly unknown[]>[number];

/** Reads the body of `chat/completions`. InvalidInput names every field that is wrong. */
export function readChatRequest(body: unknown, headers: IncomingHttpHeaders): Asked {
  const asked = inShape(chatRequest, body);
  return {
    input: inputOf(asked, headers),
    stream: asked.stream ?? false,
    nameOf: (path) => nameOf(path, asked),
  };
}

/** Where this form keeps a field of the input. */
function nameOf(path: string, asked: ChatRequest): string {
  const wire = wirePath(path)
    .replace(/^tools\.(\d+)\./, 'tools.$1.function.')
    .replace(/^response_format\.(?=name|schema)/, 'response_format.json_schema.')
    .replace(/\.audio\.data$/, '.input_audio.data')
    .replace(/\.audio\.media_type$/, '.input_audio.format')
    .replace(/\.file\.(data|media_type)$/, '.file.file_data');
  const newer = wire === 'max_tokens' && asked.max_completion_tokens != null;
  return newer ? 'max_completion_tokens' : wire;
}

function inputOf(asked: ChatRequest, headers: IncomingHttpHeaders): CompletionInput {
  const said = fromHeaders(headers);
  return {
    ...samplingOf(asked),
    ...whoAsks(asked),
    ...said,
    messages: withMarkBehind(asked.messages.map(messageOf), asked.cache_control),
    maxTokens: asked.max_completion_tokens ?? asked.max_tokens ?? null,
    ...chosen(asked.tools?.map(toolOf) ?? null, choiceOf(asked.tool_choice)),
    parallelToolCalls: asked.parallel_tool_calls ?? null,
    responseFormat: asked.response_format ? formatOf(asked.response_format) : null,
    reasoning: reasoningOf(asked),
    provider: preferencesOf(asked.provider),
    // Text comes unasked, and strict services do not know the field.
    modalities: asked.modalities?.includes('image') ? asked.modalities : null,
    user: asked.user || asked.safety_identifier || null,
    sessionId: asked.session_id || said.sessionId || asked.prompt_cache_key || null,
  };
}

function messageOf(given: Message): MessageInput {
  const parts = partsIn(given);
  const content = given.content ?? given.refusal;
  return {
    role: upper(given.role),
    content: !parts && typeof content === 'string' ? content : null,
    parts: parts?.map(partOf) ?? null,
    name: given.name ?? null,
    toolCallId: given.tool_call_id ?? null,
    toolCalls: given.tool_calls?.map(callOf) ?? null,
    reasoningDetails: given.reasoning_details ?? plainThought(thoughtIn(given)),
    ...marked(given.cache_control),
  };
}

const thoughtIn = ({ role, reasoning, reasoning_content: content }: Message) =>
  role === 'assistant' ? reasoning || content : null;

type Call = NonNullable<Message['tool_calls']>[number];

const callOf = ({ id, function: { name, arguments: text }, cache_control: mark }: Call) => ({
  id,
  name,
  arguments: text,
  ...marked(mark),
});

/** The pictures of an earlier answer stand beside its text, and are shown with it. */
function partsIn({ content, images }: Message): readonly Part[] | null {
  if (!images?.length) return Array.isArray(content) ? content : null;
  const said: readonly Part[] = Array.isArray(content)
    ? content
    : content
      ? [{ type: 'text', text: content }]
      : [];
  return [...said, ...images.map(({ image_url }) => ({ type: 'image_url' as const, image_url }))];
}

const partOf = (given: Part): ContentPartInput => ({
  ...saidIn(given),
  ...marked(given.cache_control),
});

function saidIn(given: Part): ContentPartInput {
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
      return filePart(given.file.file_data, given.file.filename);
  }
}

type Tool = NonNullable<ChatRequest['tools']>[number];

const toolOf = ({ function: { name, description, parameters, ...inner }, ...outer }: Tool) => ({
  name,
  description: description ?? null,
  parameters: parameters ?? { type: 'object', properties: {} },
  ...marked(outer.cache_control ?? inner.cache_control),
});

function choiceOf(choice: ChatRequest['tool_choice']): ToolChoice {
  if (!choice || typeof choice === 'string') return choice ?? null;
  if (choice.type === 'function') return choice.function.name;
  const { mode, tools } = choice.allowed_tools;
  return { mode, allowed: tools.map((tool) => tool.function.name) };
}

function formatOf(format: NonNullable<ChatRequest['response_format']>): ResponseFormatInput {
  if (format.type !== 'json_schema') return { type: upper(format.type) };
  const { name, schema, strict } = format.json_schema;
  return {
    type: 'JSON_SCHEMA',
    name: name ?? null,
    schema: schema ?? null,
    strict: strict ?? null,
  };
}

/** The object, its shorthand, and its two older switches. */
function reasoningOf(asked: ChatRequest): ReasoningInput | null {
  const { reasoning, reasoning_effort: shorthand, include_reasoning: included } = asked;
  const effort = reasoning?.effort ?? shorthand ?? switched(reasoning?.enabled);
  if (shorthand && shorthand !== effort) {
    const message = `It is ${shorthand}, and \`reasoning.effort\` is ${effort}.`;
    throw InvalidInput.at('reasoning_effort', message, 'one of the two, or both alike');
  }
  if (!reasoning && !effort && included == null) return null;
  return {
    effort: effort ? effortOf(effort) : null,
    maxTokens: reasoning?.max_tokens ?? null,
    exclude: reasoning?.exclude ?? (included == null ? null : !included),
  };
}

type Effort = NonNullable<ChatRequest['reasoning_effort']>;

const switched = (enabled: boolean | null | undefined): Effort | null =>
  enabled == null ? null : enabled ? 'medium' : 'none';

export const effortOf = (effort: Effort) => (effort === 'max' ? 'XHIGH' : upper(effort));
