import { type ChatMessage, type ChatRequest, countTokens, promptBound } from '#upstream';
import type { CompletionRequest } from '../input/request.ts';

type Chat = Omit<ChatRequest, 'maxTokens'>;

/** Other vocabularies need up to this many times the tokens that ours counts. */
const vocabularyFactor = 1.3;

/**
 * An upper bound of the prompt's tokens, by its bytes: costs nothing, and is three to four times
 * too much for prose.
 */
export const boundPrompt = (chat: Chat): number => promptBound({ ...chat, maxTokens: 1 });

/** A closer one, by counting its text; media and what chat templates add stay bounded as before. */
export async function countPrompt(chat: Chat): Promise<number> {
  const around = boundPrompt({ ...chat, messages: chat.messages.map(withoutText) });
  return around + Math.ceil((await countTokens(textOf(chat))) * vocabularyFactor);
}

/** All text of the messages. */
export const textOf = (chat: Chat): string => textsOf(chat).join('\n');

export function textsOf(chat: Chat): string[] {
  return chat.messages.flatMap(({ content }) => {
    if (typeof content === 'string') return [content];
    return (content ?? []).map((part) => (part.type === 'text' ? part.text : ''));
  });
}

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

/** By counting. */
export async function countedSize({ chat, embedding }: Request): Promise<PromptSize> {
  const counts: number[] = [];
  for (const prompt of prompts(chat, embedding)) counts.push(await countPrompt(prompt));
  return sizeOf(counts);
}

const prompts = (chat: Chat, embedding: Request['embedding']): Chat[] =>
  embedding ? chat.messages.map((message) => ({ ...chat, messages: [message] })) : [chat];

const sizeOf = (sizes: readonly number[]): PromptSize => ({
  total: sizes.reduce((sum, size) => sum + size, 0),
  longest: sizes.reduce((most, size) => Math.max(most, size), 0),
  prompts: sizes.length,
});

function withoutText(message: ChatMessage): ChatMessage {
  const { content } = message;
  if (content === null || typeof content === 'string') return { ...message, content: '' };
  return { ...message, content: content.filter((part) => part.type !== 'text') };
}
