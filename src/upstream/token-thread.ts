import { setImmediate as nextTurn } from 'node:timers/promises';
import { parentPort } from 'node:worker_threads';
import type { Vocabulary } from './tokenizers.ts';
import type { Counted, TextToCount } from './tokens.ts';

/**
 * The tokenizer's time grows with the square of a run without spaces, so text goes in by slices,
 * shorter ones where there is no space (512 times the same letter take four milliseconds), and
 * other work gets its turn after every few.
 */
const sliceCharacters = 512;
const runCharacters = 128;
const slicesPerTurn = 4;

const vocabularies = {
  o200k_base: () => import('gpt-tokenizer/encoding/o200k_base'),
  o200k_harmony: () => import('gpt-tokenizer/encoding/o200k_harmony'),
  cl100k_base: () => import('gpt-tokenizer/encoding/cl100k_base'),
} satisfies Record<Vocabulary, unknown>;

parentPort?.on('message', async ({ ask, ...asked }: TextToCount) => {
  parentPort?.postMessage({ ask, tokens: await count(asked) } satisfies Counted);
});

async function count({ text, vocabulary, most }: Omit<TextToCount, 'ask'>): Promise<number> {
  const { countTokens } = await vocabularies[vocabulary]();
  let tokens = 0;
  for (let start = 0, slices = 1; start < text.length && tokens <= most; slices++) {
    const end = sliceEnd(text, start);
    // A text that spells a control token is counted as the text that it is.
    tokens += countTokens(text.slice(start, end), { disallowedSpecial: new Set() });
    start = end;
    if (slices % slicesPerTurn === 0) await ownTurn();
  }
  return tokens;
}

let lastTurn: Promise<void> = Promise.resolve();

/** One text a turn: a hundred that are counted at once hold nobody up longer than one does. */
function ownTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => nextTurn());
  return lastTurn;
}

/**
 * Before the last space of the slice, since tokens begin with one; else anywhere but inside a
 * character. The space is looked for in the slice alone: from there back to the beginning of a text
 * without one is ten million steps, for each of a hundred thousand slices.
 */
function sliceEnd(text: string, start: number): number {
  const most = start + sliceCharacters;
  if (most >= text.length) return text.length;
  const space = text.slice(start, most + 1).lastIndexOf(' ');
  if (space > 0) return start + space;
  const end = start + runCharacters;
  return isLowSurrogate(text.charCodeAt(end)) ? end - 1 : end;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code <= 0xdfff;
}
