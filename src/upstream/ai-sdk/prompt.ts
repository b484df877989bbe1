import {
  type LanguageModelV4FilePart,
  type LanguageModelV4Message,
  type LanguageModelV4Prompt,
  type LanguageModelV4TextPart,
  type SharedV4ProviderOptions,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import type { ChatMessage, ContentPart, ToolCall } from '../connector.ts';
import { isUrl } from '../openai-message.ts';
import { blocksIn, type ReasoningBlock } from './reasoning-blocks.ts';
import type { Wire } from './wire.ts';

/**
 * The messages as the packages take them. Tool results name their tool, which only the call that
 * they answer knows; neighbouring ones become one message.
 */
export function promptOf(messages: readonly ChatMessage[], wire: Wire): LanguageModelV4Prompt {
  const toolNames = new Map(
    messages.flatMap(({ toolCalls }) => (toolCalls ?? []).map(({ id, name }) => [id, name])),
  );
  const prompt: LanguageModelV4Prompt = [];
  for (const message of messages) {
    const made = messageOf(message, { wire, toolNames });
    const last = prompt.at(-1);
    if (made.role === 'tool' && last?.role === 'tool') last.content.push(...made.content);
    else prompt.push(made);
  }
  return prompt;
}

interface Around {
  readonly wire: Wire;
  readonly toolNames: ReadonlyMap<string, string>;
}

function messageOf(message: ChatMessage, around: Around): LanguageModelV4Message {
  const mark = cacheMark(message, around.wire);
  switch (message.role) {
    case 'system':
    case 'developer':
      return { role: 'system', content: textOf(message), ...mark };
    case 'user':
      return { role: 'user', content: partsOf(message).map(partOf(around.wire)), ...mark };
    case 'assistant':
      return { role: 'assistant', content: assistantParts(message, around.wire), ...mark };
    case 'tool':
      return { role: 'tool', content: [toolResult(message, around)], ...mark };
  }
}

function cacheMark({ cacheTtl }: ChatMessage, wire: Wire): Marked {
  if (!cacheTtl || !wire.cacheMark) return {};
  return { providerOptions: options(wire, wire.cacheMark(cacheTtl)) };
}

interface Marked {
  providerOptions?: SharedV4ProviderOptions;
}

/** JSON by construction: each wire's options are literals of text, numbers and truth values. */
export const options = (wire: Wire, own: object): SharedV4ProviderOptions => ({
  [wire.optionsName]: own as SharedV4ProviderOptions[string],
});

// ───────── what was said ─────────

function partsOf({ content }: ChatMessage): readonly ContentPart[] {
  if (typeof content === 'string') return [{ type: 'text', text: content }];
  return content ?? [];
}

function textOf(message: ChatMessage): string {
  return partsOf(message)
    .map((part) => (part.type === 'text' ? part.text : ''))
    .join('\n');
}

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

function toolResult(message: ChatMessage, { toolNames }: Around) {
  const toolCallId = message.toolCallId ?? '';
  return {
    type: 'tool-result' as const,
    toolCallId,
    toolName: toolNames.get(toolCallId) ?? message.name ?? toolCallId,
    output: { type: 'text' as const, value: textOf(message) },
  };
}

// ───────── the assistant's own turns ─────────

type AssistantParts = Extract<LanguageModelV4Message, { role: 'assistant' }>['content'];

/** Thinking comes first and signed, as it came: providers refuse it in any other place. */
function assistantParts(message: ChatMessage, wire: Wire): AssistantParts {
  const blocks = blocksIn(message.reasoningDetails, wire.optionsName);
  const signed = (of: Pick<ReasoningBlock, 'type' | 'callId'>): Marked => {
    const block = blocks.find(({ type, callId }) => type === of.type && callId === of.callId);
    return block ? { providerOptions: block.metadata } : {};
  };
  const thinking = blocks
    .filter(({ type }) => type === 'reasoning')
    .map(({ text = '', metadata }) => ({
      type: 'reasoning' as const,
      text,
      providerOptions: metadata,
    }));
  const said = partsOf(message)
    .map(partOf(wire))
    .filter((part) => part.type !== 'text' || part.text !== '')
    .map((part) => ({ ...part, ...signed({ type: 'text' }) }));
  const calls = (message.toolCalls ?? []).map((call) => ({
    type: 'tool-call' as const,
    toolCallId: call.id,
    toolName: call.name,
    input: inputOf(call),
    ...signed({ type: 'toolCall', callId: call.id }),
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
