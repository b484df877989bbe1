import { isSdkBlock } from './ai-sdk/reasoning-blocks.ts';
import type { ChatMessage, ContentPart } from './connector.ts';
import type { Dialect } from './openai-dialect.ts';

type Json = Record<string, unknown>;

/** A message as OpenAI's chat completions take it. */
export function openAiMessage(message: ChatMessage, dialect: Dialect): Json {
  const { role, content, name, toolCallId, toolCalls, reasoningDetails } = message;
  const shown = role === 'assistant' && dialect.extensions ? imagesIn(content) : [];
  const parts = Array.isArray(content) ? content.filter((one) => !shown.includes(one)) : null;
  return {
    role: role === 'developer' && !dialect.developerRole ? 'system' : role,
    content: withCacheMark(parts ? parts.map(part) : content, message, dialect),
    ...(shown.length > 0 ? { images: shown.map(part) } : {}),
    ...(name === undefined ? {} : { name }),
    ...(toolCallId === undefined ? {} : { tool_call_id: toolCallId }),
    ...(toolCalls?.length ? { tool_calls: toolCalls.map(toolCall) } : {}),
    ...(dialect.extensions ? signatures(reasoningDetails) : {}),
  };
}

/** Pictures that an earlier answer had: where it brings them, it takes them back. */
const imagesIn = (content: ChatMessage['content']): readonly ContentPart[] =>
  Array.isArray(content) ? content.filter(({ type }) => type === 'image') : [];

/** Blocks of another wire protocol mean nothing here, and a strict service refuses them. */
function signatures(details: unknown): Json {
  if (details === undefined) return {};
  const own = Array.isArray(details) ? details.filter((block) => !isSdkBlock(block)) : details;
  return Array.isArray(own) && own.length === 0 ? {} : { reasoning_details: own };
}

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
 * Anthropic's mark, as OpenRouter and others carry it: on the last part, which ends the cached
 * prefix.
 */
function withCacheMark(
  content: string | null | readonly Json[],
  { cacheTtl }: ChatMessage,
  { extensions }: Dialect,
): string | null | readonly Json[] {
  if (!cacheTtl || !extensions || content === null) return content;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  const mark = {
    cache_control: { type: 'ephemeral', ...(cacheTtl === '1h' ? { ttl: '1h' } : {}) },
  };
  return parts.map((each, index) => (index === parts.length - 1 ? { ...each, ...mark } : each));
}
