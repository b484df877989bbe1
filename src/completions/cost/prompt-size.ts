import {
  type CacheMarked,
  type ChatMessage,
  type ChatRequest,
  type ContentPart,
  countTokens,
  promptBound,
} from '#upstream';
import type { CompletionRequest } from '../input/request.ts';

type Chat = Omit<ChatRequest, 'maxTokens'>;

/** Other vocabularies need up to this many times the tokens that ours counts. */
const vocabularyFactor = 1.3;

/**
 * An upper bound of the prompt's tokens, by its bytes: costs nothing, and is three to four times
 * too much for prose.
 */
export const boundPrompt = (chat: Chat): number => promptBound({ ...chat, maxTokens: 1 });

/**
 * A closer one, by counting what is text, the definitions of tools included, which are most of what
 * a coding agent sends; media and what chat templates add stay bounded as before. One that is past
 * `most` is not counted to its end.
 */
export async function countPrompt(chat: Chat, most = Number.POSITIVE_INFINITY): Promise<number> {
  const tokens = await countTokens(textOf(chat), undefined, most / vocabularyFactor);
  return boundPrompt(withoutText(chat)) + Math.ceil(tokens * vocabularyFactor);
}

/** All text that is sent, calls and definitions of tools among it. */
export const textOf = (chat: Chat): string => [...textsOf(chat), ...jsonOf(chat)].join('\n');

export function textsOf(chat: Chat): string[] {
  return chat.messages.flatMap(({ content }) => {
    if (typeof content === 'string') return [content];
    return (content ?? []).map((part) => (part.type === 'text' ? part.text : ''));
  });
}

/** What is sent as JSON and reaches the model in a form that no provider tells. */
export function jsonOf({ messages, tools, responseFormat }: Chat): string[] {
  const calls = messages.flatMap(({ toolCalls }) =>
    toolCalls?.length ? [toolCalls.map(unmarked)] : [],
  );
  const reasoning = messages.flatMap(({ reasoningDetails }) => reasoningDetails ?? []);
  return [
    ...calls,
    ...reasoning,
    ...(tools ?? []).map(unmarked),
    ...(responseFormat ? [responseFormat] : []),
  ].map((value) => JSON.stringify(value));
}

/** A mark of the prompt cache is no part of the prompt. */
const unmarked = <One extends CacheMarked>({ cacheTtl: _, ...said }: One) => said;

/** No pictures, sound or files. */
export const onlyText = ({ messages }: Chat): boolean =>
  messages.every(
    ({ content }) =>
      !Array.isArray(content) || content.every(({ type }: ContentPart) => type === 'text'),
  );

/** How much of a context a request needs, and how much is paid for. */
export interface PromptSize {
  /** Upper bound of the tokens that are billed. */
  readonly total: number;
  /** Of the longest prompt: the one prompt of a chat, or one of the texts of an embedding. */
  readonly longest: number;
  /** Prompts that have a context each. */
  readonly prompts: number;
}

type Request = Pick<CompletionRequest, 'chat' | 'embedding'>;

/** By bytes: costs nothing. */
export function boundSize({ chat, embedding }: Request): PromptSize {
  return sizeOf(prompts(chat, embedding).map(boundPrompt));
}

/** By counting; null when a prompt has more than `most`. */
export async function countedSize(
  { chat, embedding }: Request,
  most: number,
): Promise<PromptSize | null> {
  const counts: number[] = [];
  for (const prompt of prompts(chat, embedding)) {
    const count = await countPrompt(prompt, most);
    if (count > most) return null;
    counts.push(count);
  }
  return sizeOf(counts);
}

const prompts = (chat: Chat, embedding: Request['embedding']): Chat[] =>
  embedding ? chat.messages.map((message) => ({ ...chat, messages: [message] })) : [chat];

const sizeOf = (sizes: readonly number[]): PromptSize => ({
  total: sizes.reduce((sum, size) => sum + size, 0),
  longest: sizes.reduce((most, size) => Math.max(most, size), 0),
  prompts: sizes.length,
});

function withoutText({ messages, tools }: Chat): Chat {
  return {
    messages: messages.map(onlyMedia),
    ...(tools ? { tools: tools.map(() => ({ name: '', parameters: {} })) } : {}),
  };
}

function onlyMedia({ role, name, toolCallId, content }: ChatMessage): ChatMessage {
  const media = Array.isArray(content) ? content.filter((part) => part.type !== 'text') : '';
  return { role, content: media, ...(name ? { name } : {}), ...(toolCallId ? { toolCallId } : {}) };
}
