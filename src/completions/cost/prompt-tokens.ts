import { type ChatRequest, countTokens, partBound, type Tokenizer, tokenizerOf } from '#upstream';
import { jsonOf, textsOf } from './prompt-size.ts';

type Chat = Omit<ChatRequest, 'maxTokens'>;

/** What OpenAI's chat template adds to a message, to a name, and before the answer. */
const perMessage = 3;
const perName = 1;
const perAnswer = 3;

export interface PromptTokens {
  readonly tokens: number;
  /** Another tokenizer than the model's counted, or something in the prompt is no plain text. */
  readonly estimated: boolean;
}

/** A counter of one prompt for several models: each tokenizer goes through the text once. */
export function promptCounter(chat: Chat): (modelSlug: string) => Promise<PromptTokens> {
  const counts = new Map<Tokenizer, Promise<number>>();
  const counted = (tokenizer: Tokenizer) => {
    const known = counts.get(tokenizer) ?? countWith(tokenizer, chat);
    counts.set(tokenizer, known);
    return known;
  };
  const plain = isPlain(chat);
  const media = mediaOf(chat);
  return async (modelSlug) => {
    const own = tokenizerOf(modelSlug);
    const tokens = (await counted(own ?? 'o200k_base')) + media;
    return { tokens, estimated: own === null || !plain };
  };
}

async function countWith(tokenizer: Tokenizer, chat: Chat): Promise<number> {
  const texts = [...textsOf(chat), ...jsonOf(chat)].filter((text) => text !== '');
  let tokens = tokenizer === 'words' ? 0 : templateOf(chat);
  for (const text of texts) tokens += await countTokens(text, tokenizer);
  return tokens;
}

function templateOf({ messages }: Chat): number {
  const named = messages.filter(({ name }) => name !== undefined).length;
  return messages.length * perMessage + named * perName + perAnswer;
}

const partsOf = ({ messages }: Chat) =>
  messages.flatMap(({ content }) => (typeof content === 'string' ? [] : (content ?? [])));

/** Pictures, sound and documents: what they can come to at the most, where that is known. */
function mediaOf(chat: Chat): number {
  const bounds = partsOf(chat).map((part) => (part.type === 'text' ? 0 : partBound(part)));
  return bounds.filter(Number.isFinite).reduce((sum, bound) => sum + bound, 0);
}

const isPlain = (chat: Chat) =>
  jsonOf(chat).length === 0 && partsOf(chat).every(({ type }) => type === 'text');
