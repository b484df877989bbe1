import { type ChatMessage, type ChatRequest, countTokens, promptBound } from '#upstream';

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
export function textOf(chat: Chat): string {
  const texts = chat.messages.flatMap(({ content }) => {
    if (typeof content === 'string') return [content];
    return (content ?? []).map((part) => (part.type === 'text' ? part.text : ''));
  });
  return texts.join('\n');
}

function withoutText(message: ChatMessage): ChatMessage {
  const { content } = message;
  if (content === null || typeof content === 'string') return { ...message, content: '' };
  return { ...message, content: content.filter((part) => part.type !== 'text') };
}
