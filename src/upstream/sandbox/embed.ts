import { z } from 'zod';
import { seededRandom } from '#kernel';
import { countWords } from './words.ts';

const dimensionsDefault = 64;
/** In all vectors of an answer: they are made and sent in one go. */
const numbersMax = 1_000_000;
/** Numbers of a vector that one word moves. */
const numbersOfWord = 8;
/** A longer text is known by so many at its beginning. */
const wordsMax = 256;

/** A request for vectors, in OpenAI's form. */
export const embedRequest = z
  .looseObject({
    model: z.literal('embed'),
    input: z.array(z.string()),
    dimensions: z.int().min(1).max(4_096).default(dimensionsDefault),
  })
  .refine(({ input, dimensions }) => input.length * dimensions <= numbersMax, {
    path: ['dimensions'],
    message: `The vectors have more than ${numbersMax} numbers together. Ask for fewer at once`,
  });

/** The answer: the same text has the same vector; texts that share words are near each other. */
export function embedBody({ model, input, dimensions }: z.infer<typeof embedRequest>): string {
  const words = input.reduce((sum, text) => sum + countWords(text), 0);
  return JSON.stringify({
    object: 'list',
    model,
    data: input.map((text, index) => ({
      object: 'embedding',
      index,
      embedding: vectorOf(text, dimensions),
    })),
    usage: { prompt_tokens: words, total_tokens: words },
  });
}

/**
 * A sum over the words, of length 1: each moves a few numbers (feature hashing), so that many words
 * in many dimensions keep nobody else waiting.
 */
function vectorOf(text: string, dimensions: number): number[] {
  const sum = new Array<number>(dimensions).fill(0);
  const words = text.toLowerCase().match(/\S+/g) ?? [];
  for (const word of ['', ...words.slice(0, wordsMax)]) {
    const random = seededRandom(word);
    for (let turn = 0; turn < numbersOfWord; turn++) {
      const at = Math.floor(random.next() * dimensions);
      sum[at] = (sum[at] ?? 0) + random.next() - 0.5;
    }
  }
  const length = Math.hypot(...sum) || 1;
  return sum.map((value) => value / length);
}
