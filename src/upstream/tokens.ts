import { Worker } from 'node:worker_threads';
import { countWords } from './sandbox/words.ts';
import type { Tokenizer, Vocabulary } from './tokenizers.ts';

/** What the thread is asked, and what it answers. */
export interface TextToCount {
  readonly ask: number;
  readonly text: string;
  readonly vocabulary: Vocabulary;
  readonly most: number;
}

export interface Counted {
  readonly ask: number;
  readonly tokens: number;
}

/**
 * The tokens of a text, by OpenAI's o200k vocabulary unless told otherwise: an estimate for what a
 * provider did not count itself. Cutting between slices can add a token for each, under 1 % of
 * ordinary text. Ten MiB take seconds. Counting stops where the sum has passed `most`.
 */
export async function countTokens(
  text: string,
  tokenizer: Tokenizer = 'o200k_base',
  most = Number.POSITIVE_INFINITY,
): Promise<number> {
  if (tokenizer === 'words') return countWords(text);
  thread ??= new Thread(() => {
    thread = null;
  });
  return thread.count({ text, vocabulary: tokenizer, most });
}

let thread: Thread | null = null;

/** For what a thread that died was to count. */
const bytesPerToken = 4;

/**
 * Counts beside everything else: to load a vocabulary takes half a second, for which no stream
 * would go on and no cancellation would be heard.
 */
class Thread {
  readonly #worker = new Worker(new URL('./token-thread.ts', import.meta.url), { execArgv: [] });
  readonly #open = new Map<number, { text: string; resolve: (tokens: number) => void }>();
  #asked = 0;

  constructor(died: () => void) {
    this.#worker.unref();
    this.#worker.on('message', ({ ask, tokens }: Counted) => this.#counted(ask, tokens));
    // Its end follows, which is all that is to be known.
    this.#worker.on('error', () => undefined);
    this.#worker.on('exit', () => {
      died();
      for (const [ask, { text }] of this.#open) {
        this.#counted(ask, Math.ceil(Buffer.byteLength(text) / bytesPerToken));
      }
    });
  }

  count(asked: Omit<TextToCount, 'ask'>): Promise<number> {
    const ask = ++this.#asked;
    this.#worker.ref();
    this.#worker.postMessage({ ask, ...asked } satisfies TextToCount);
    return new Promise((resolve) => this.#open.set(ask, { text: asked.text, resolve }));
  }

  #counted(ask: number, tokens: number): void {
    this.#open.get(ask)?.resolve(tokens);
    this.#open.delete(ask);
    if (this.#open.size === 0) this.#worker.unref();
  }
}
