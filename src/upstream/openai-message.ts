import { isSdkBlock } from './ai-sdk/reasoning-blocks.ts';
import { lastMark, markedCalls, markedParts } from './cache-marks.ts';
import type { CacheMarked, ChatMessage, ContentPart } from './connector.ts';
import type { Dialect } from './openai-dialect.ts';
import { isPlainThought, unsignedText } from './thoughts.ts';

type Json = Record<string, unknown>;

/** A message as OpenAI's chat completions take it. */
export function openAiMessage(message: ChatMessage, dialect: Dialect): Json {
  const { role, content, name, toolCallId, toolCalls, reasoningDetails } = message;
  const shown = role === 'assistant' && dialect.extensions ? imagesIn(content) : [];
  return {
    role: role === 'developer' && !dialect.developerRole ? 'system' : role,
    content: contentOf({ ...message, content: without(shown, content) }, dialect),
    ...(shown.length > 0 ? { images: shown.map(part) } : {}),
    ...(name === undefined ? {} : { name }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
    ...(toolCalls?.length ? { tool_calls: toolCalls.map(toolCall) } : {}),
    // A call has no place for a mark: one on the message stands behind its calls.
    ...cacheMark(lastMark(markedCalls(message)), dialect),
    ...(dialect.extensions ? signatures(reasoningDetails) : {}),
    ...(dialect.thoughtsBack && role === 'assistant' ? thoughts(reasoningDetails) : {}),
  };
}

/** Pictures that an earlier answer had: where it brings them, it takes them back. */
const imagesIn = (content: ChatMessage['content']): readonly ContentPart[] =>
  Array.isArray(content) ? content.filter(({ type }) => type === 'image') : [];

const without = (shown: readonly ContentPart[], content: ChatMessage['content']) =>
  Array.isArray(content) ? content.filter((one) => !shown.includes(one)) : content;

/** Blocks of another wire protocol mean nothing here, and a strict service refuses them. */
function signatures(details: unknown): Json {
  if (details === undefined) return {};
  const foreign = (one: unknown) => isSdkBlock(one) || isPlainThought(one);
  const own = Array.isArray(details) ? details.filter((one) => !foreign(one)) : details;
  return Array.isArray(own) && own.length === 0 ? {} : { reasoning_details: own };
}

/** Callers may have lost it: Moonshot takes a space for it, but not an empty text. */
const thoughts = (details: unknown): Json => ({ reasoning_content: unsignedText(details) || ' ' });

function toolCall(call: { id: string; name: string; arguments: string }): Json {
  return {
    id: call.id,
    type: 'function',
    function: { name: call.name, arguments: call.arguments },
  };
}

function part(content: ContentPart): Json {
  switch (content.type) {
    case 'text':
      return { type: 'text', text: content.text };
    case 'image':
      return { type: 'image_url', image_url: { url: content.url } };
    case 'audio':
      return { type: 'input_audio', input_audio: { data: content.data, format: format(content) } };
    case 'file':
      return {
        type: 'file',
        file: {
          ...(content.filename === undefined ? {} : { filename: content.filename }),
          file_data: isUrl(content.data)
            ? content.data
            : `data:${content.mediaType};base64,${content.data}`,
        },
      };
  }
}

/** `wav` for audio/wav and audio/x-wav, `mp3` for audio/mpeg, else the subtype. */
function format({ mediaType }: { mediaType: string }): string {
  const subtype = mediaType.slice(mediaType.indexOf('/') + 1).replace(/^x-/, '');
  return subtype === 'mpeg' ? 'mp3' : subtype;
}

export function isUrl(data: string): boolean {
  return /^(data|https?):/.test(data);
}

/**
 * Anthropic's mark, as OpenRouter and others carry it: on the part that ends the cached prefix.
 * Services that know no marks are told texts as one, since some know no parts (DeepSeek: “invalid
 * type: sequence, expected a string”), or none of an assistant or a tool.
 */
function contentOf(message: ChatMessage, dialect: Dialect): string | null | readonly Json[] {
  const { role, content } = message;
  if (content === null) return null;
  const parts = markedParts(message);
  const isMarked = dialect.cacheMarks && lastMark(parts).cacheTtl;
  if (typeof content === 'string' && !isMarked) return content;
  const texts = parts.map((one) => (one.type === 'text' ? one.text : null));
  if (!dialect.cacheMarks && !texts.includes(null)) {
    return texts.join(role === 'assistant' ? '' : '\n');
  }
  return parts.map((one) => ({ ...part(one), ...cacheMark(one, dialect) }));
}

export function cacheMark({ cacheTtl: ttl }: CacheMarked, { cacheMarks }: Dialect): Json {
  if (!ttl || !cacheMarks) return {};
  return { cache_control: { type: 'ephemeral', ...(ttl === '1h' ? { ttl } : {}) } };
}
