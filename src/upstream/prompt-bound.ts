import type { ChatMessage, ChatRequest, ContentPart } from './connector.ts';
import { isUrl } from './openai-message.ts';

/** What chat templates add around a message, and around the whole. */
const perMessage = 16;
const perRequest = 16;
/** The prompt that providers put before the definitions of tools. */
const withTools = 600;
/**
 * The most that the services known to us count for one image at their default detail: Anthropic
 * 4,784, Google 16 tiles of 258, OpenAI's tiles 1,445 and patches 3,779. (gpt-4o-mini multiplies
 * its tiles by 33; what it counts beyond the hold is the platform's loss.)
 */
const perImage = 5_000;
/**
 * Speech compressed to 750 bytes a second (Opus at 6 kbit/s) at 32 tokens a second (Google) is 43
 * a kilobyte.
 */
const bytesPerAudioToken = 20;
/** A page of a PDF may be read as an image too, and its text is compressed. */
const tokensPerFileByte = 4;

/**
 * An upper bound of the prompt's tokens without a tokenizer: every token of a byte-level
 * vocabulary covers at least one byte of UTF-8, so the bytes of all text, with names, tools and
 * schemas, bound it. Infinity when a part is of unknown size (a file or audio by address): the
 * caller caps it by the context length.
 */
export function promptBound(request: ChatRequest): number {
  const { messages, tools, responseFormat } = request;
  let bound = perRequest;
  for (const message of messages) bound += perMessage + messageBound(message);
  if (tools?.length) bound += withTools + jsonBytes(tools);
  if (responseFormat?.schema) bound += jsonBytes(responseFormat);
  return bound;
}

function messageBound(message: ChatMessage): number {
  const { content, name, toolCallId, toolCalls, reasoningDetails } = message;
  let bound = bytes(name) + bytes(toolCallId);
  if (typeof content === 'string') bound += bytes(content);
  else for (const part of content ?? []) bound += partBound(part);
  if (toolCalls) bound += jsonBytes(toolCalls);
  if (reasoningDetails !== undefined) bound += jsonBytes(reasoningDetails);
  return bound;
}

/** The same of one part of a message. */
export function partBound(part: ContentPart): number {
  switch (part.type) {
    case 'text':
      return bytes(part.text);
    case 'image':
      return perImage;
    case 'audio':
      return perMessage + Math.ceil(dataBytes(part.data) / bytesPerAudioToken);
    case 'file':
      return bytes(part.filename) + fileBound(part.data, part.mediaType);
  }
}

function fileBound(data: string, mediaType: string): number {
  const size = dataBytes(data);
  return mediaType.startsWith('text/') ? size : perImage + size * tokensPerFileByte;
}

/** The size of base64 data, bare or as a `data:` address; Infinity for what lies elsewhere. */
function dataBytes(data: string): number {
  if (!isUrl(data)) return data.length;
  return data.startsWith('data:') ? data.length - data.indexOf(',') : Number.POSITIVE_INFINITY;
}

function bytes(text: string | undefined): number {
  return text === undefined ? 0 : Buffer.byteLength(text);
}

function jsonBytes(value: unknown): number {
  return bytes(JSON.stringify(value));
}
