import type { ChatRequest } from './connector.ts';

/** So many characters in a row that stand in the prompt, too, are a quotation of it. */
const windowLength = 12;
/** How far apart windows begin: any quotation of 15 characters has a whole one in it. */
const step = 4;
/** Of a longer prompt its head and its tail are looked at. */
const partMax = 256 * 1024;

/**
 * The sentence of a provider without what it repeats of the prompt: it is shown, kept with the
 * attempt and logged, and a prompt is not.
 */
export function withoutQuotes(sentence: string, prompt: string): string {
  const said =
    prompt.length > 2 * partMax ? `${prompt.slice(0, partMax)}\n${prompt.slice(-partMax)}` : prompt;
  let rest = '';
  let shownTo = 0;
  for (let at = 0; at + windowLength <= sentence.length; at += step) {
    if (at < shownTo || !said.includes(sentence.slice(at, at + windowLength))) continue;
    let [from, to] = [at, at + windowLength];
    while (to < sentence.length && said.includes(sentence.slice(from, to + 1))) to++;
    while (from > shownTo && said.includes(sentence.slice(from - 1, to))) from--;
    rest += `${sentence.slice(shownTo, from)}[prompt]`;
    shownTo = to;
  }
  return rest + sentence.slice(shownTo);
}

/** What a caller says in a request, as one text. */
export function promptOf({ messages, user = '' }: Pick<ChatRequest, 'messages' | 'user'>): string {
  const texts = messages.flatMap(({ content, toolCalls = [] }) => [
    ...(typeof content === 'string' ? [content] : (content ?? []).map(textIn)),
    ...toolCalls.map((call) => call.arguments),
  ]);
  return [...texts, user].join('\n');
}

const textIn = (part: { readonly type: string; readonly text?: string }) => part.text ?? '';
