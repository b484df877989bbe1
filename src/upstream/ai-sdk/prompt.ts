import {
  type LanguageModelV4FilePart,
  type LanguageModelV4Message,
  type LanguageModelV4Prompt,
  type LanguageModelV4TextPart,
  type LanguageModelV4ToolResultOutput,
  type SharedV4ProviderOptions,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import { lastMark, markedCalls, markedParts } from '../cache-marks.ts';
import type { CacheMarked, ChatMessage, ContentPart, ToolCall } from '../connector.ts';
import { isUrl } from '../openai-message.ts';
import { withTextResults } from '../shown-results.ts';
import { blocksIn, type ReasoningBlock } from './reasoning-blocks.ts';
import type { CachePlace, Wire } from './wire.ts';

/**
 * The messages as the packages take them. Tool results name their tool, which only the call that
 * they answer knows; neighbouring ones become one message.
 */
export function promptOf(
  messages: readonly ChatMessage[],
  { wire, model }: Omit<Around, 'toolNames'>,
): LanguageModelV4Prompt {
  const toolNames = new Map(
    messages.flatMap(({ toolCalls }) => (toolCalls ?? []).map(({ id, name }) => [id, name])),
  );
  const prompt: LanguageModelV4Prompt = [];
  const told = wire.mediaInResults ? messages : withTextResults(messages);
  const placed = wire.laterSystem?.(model) ? told : withSystemFirst(told);
  for (const made of placed.flatMap((one) => messageOf(one, { wire, model, toolNames }))) {
    const last = prompt.at(-1);
    if (made.role === 'tool' && last?.role === 'tool') last.content.push(...made.content);
    else prompt.push(made);
  }
  return prompt;
}

const ofSystem = ({ role }: ChatMessage) => role === 'system' || role === 'developer';

/** What the system says behind others, as a user's words in its place. */
function withSystemFirst(messages: readonly ChatMessage[]): readonly ChatMessage[] {
  const first = messages.findIndex((message) => !ofSystem(message));
  return messages.map((message, index) =>
    first >= 0 && index > first && ofSystem(message) ? { ...message, role: 'user' } : message,
  );
}

interface Around {
  readonly wire: Wire;
  /** The provider's own name for the model. */
  readonly model: string;
  readonly toolNames: ReadonlyMap<string, string>;
}

function messageOf(message: ChatMessage, around: Around): LanguageModelV4Message[] {
  switch (message.role) {
    case 'system':
    case 'developer':
      return systemMessages(message, around);
    case 'user':
      return [{ role: 'user', content: markedParts(message).map(userPart(around)) }];
    case 'assistant':
      return [{ role: 'assistant', content: assistantParts(message, around) }];
    case 'tool':
      return [{ role: 'tool', content: [toolResult(message, around)] }];
  }
}

/**
 * A text of the system has no parts there. Where prompts are cached up to marks, each part is a
 * message of its own, marked or not: a mark that moves would else change what is cached.
 */
function systemMessages(message: ChatMessage, around: Around): LanguageModelV4Message[] {
  const parts = markedParts(message).filter((part) => part.type === 'text');
  const texts = parts.filter(({ text }) => text !== '');
  if (!around.wire.cacheMark || texts.length === 0) {
    return [{ role: 'system', content: parts.map(({ text }) => text).join('\n') }];
  }
  return texts.map((part) => ({
    role: 'system',
    content: part.text,
    ...beside(cacheMark(part, 'system', around)),
  }));
}

export function cacheMark(
  { cacheTtl }: CacheMarked,
  within: CachePlace,
  { wire, model }: Omit<Around, 'toolNames'>,
): SharedV4ProviderOptions {
  const mark = cacheTtl && wire.cacheMark?.(cacheTtl, { model, within });
  return mark ? options(wire, mark) : {};
}

interface Marked {
  providerOptions?: SharedV4ProviderOptions;
}

/** JSON by construction: each wire's options are literals of text, numbers and truth values. */
export const options = (wire: Wire, own: object): SharedV4ProviderOptions => ({
  [wire.optionsName]: own as SharedV4ProviderOptions[string],
});

/** What stands beside a part, from whoever has something to say there. */
function beside(...all: readonly SharedV4ProviderOptions[]): Marked {
  const own: SharedV4ProviderOptions = {};
  for (const one of all) {
    for (const [name, said] of Object.entries(one)) own[name] = { ...own[name], ...said };
  }
  return Object.keys(own).length > 0 ? { providerOptions: own } : {};
}

// ───────── what was said ─────────

const userPart = (around: Around) => (part: ContentPart) => ({
  ...partOf(around.wire)(part),
  ...beside(cacheMark(part, 'user', around)),
});

const partOf =
  ({ media }: Wire) =>
  (part: ContentPart): LanguageModelV4TextPart | LanguageModelV4FilePart => {
    if (part.type === 'text') return { type: 'text', text: part.text };
    const file = fileOf(part);
    const [kind = ''] = file.mediaType.split('/');
    if (!media || media.includes(kind)) return file;
    throw new UnsupportedFunctionalityError({ functionality: `a file of ${file.mediaType}` });
  };

function fileOf(part: Exclude<ContentPart, { type: 'text' }>): LanguageModelV4FilePart {
  if (part.type === 'image') return filePart(part.url, imageTypeAt(part.url));
  const file = filePart(part.data, part.mediaType);
  const named = part.type === 'file' && part.filename !== undefined;
  return named ? { ...file, filename: part.filename } : file;
}

/** Gemini wants to be told what lies at an address; nobody here fetches it. */
function imageTypeAt(url: string): string {
  const extension = /\.(png|gif|webp|heic|heif|avif)(?:[?#]|$)/i.exec(url)?.[1];
  return `image/${extension?.toLowerCase() ?? 'jpeg'}`;
}

/** One way to read each character: two, in an address without a comma, cost its square. */
const inlineHead = /^data:([^;,]+)(?:;[^,]*)?,/;

/** Bare base64, a `data:` address, or an address that the provider itself reads. */
function filePart(data: string, mediaType: string): LanguageModelV4FilePart {
  const inline = inlineHead.exec(data);
  if (inline) {
    const bytes = data.slice(inline[0].length);
    return {
      type: 'file',
      mediaType: inline[1] ?? mediaType,
      data: { type: 'data', data: bytes },
    };
  }
  if (isUrl(data)) return { type: 'file', mediaType, data: { type: 'url', url: new URL(data) } };
  return { type: 'file', mediaType, data: { type: 'data', data } };
}

/** One block, which a mark on any part of it ends. */
function toolResult(message: ChatMessage, around: Around) {
  const toolCallId = message.toolCallId ?? '';
  const parts = markedParts(message);
  return {
    type: 'tool-result' as const,
    toolCallId,
    toolName: around.toolNames.get(toolCallId) ?? message.name ?? toolCallId,
    output: outputOf(parts, around.wire),
    ...beside(cacheMark(lastMark(parts), 'tool', around)),
  };
}

function outputOf(parts: readonly ContentPart[], wire: Wire): LanguageModelV4ToolResultOutput {
  if (parts.some(({ type }) => type !== 'text')) {
    return { type: 'content', value: parts.map(partOf(wire)) };
  }
  const texts = parts.map((part) => (part.type === 'text' ? part.text : ''));
  return { type: 'text', value: texts.join('\n') };
}

// ───────── the assistant's own turns ─────────

type AssistantParts = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'];

/** Thinking comes first and signed, as it came: providers refuse it in any other place. */
function assistantParts(message: ChatMessage, around: Around): AssistantParts {
  const { wire } = around;
  const blocks = blocksIn(message.reasoningDetails, wire.optionsName);
  const signed = (of: Pick<ReasoningBlock, 'type' | 'callId'>): SharedV4ProviderOptions =>
    blocks.find(({ type, callId }) => type === of.type && callId === of.callId)?.metadata ?? {};
  const marked = (one: CacheMarked) => cacheMark(one, 'assistant', around);
  const thinking = blocks
    .filter(({ type }) => type === 'reasoning')
    .map(({ text = '', metadata }) => ({
      type: 'reasoning' as const,
      text,
      providerOptions: metadata,
    }));
  const said = markedParts(message)
    .filter((part) => part.type !== 'text' || part.text !== '')
    .map((part) => ({ ...partOf(wire)(part), ...beside(signed({ type: 'text' }), marked(part)) }));
  const calls = markedCalls(message).map((call) => ({
    type: 'tool-call' as const,
    toolCallId: call.id,
    toolName: call.name,
    input: inputOf(call),
    ...beside(signed({ type: 'toolCall', callId: call.id }), marked(call)),
  }));
  return [...thinking, ...said, ...calls];
}

/** Arguments that are no JSON (a cut answer sent back) go as the text that they are. */
function inputOf({ arguments: text }: ToolCall): unknown {
  try {
    return JSON.parse(text || '{}');
  } catch {
    return { arguments: text };
  }
}
