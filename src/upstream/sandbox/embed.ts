import { z } from 'zod';
import { seededRandom } from '#kernel';
import { countWords } from './words.ts';

const dimensionsDefault = 64;

/** A request for vectors, in OpenAI's form. */
export const embedRequest = z.looseObject({
  model: z.literal('embed'),
  input: z.array(z.string()),
  dimensions: z.int().min(1).max(4_096).default(dimensionsDefault),
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

/** The sum of a direction for each word, of length 1. */
function vectorOf(text: string, dimensions: number): number[] {
  const sum = new Array<number>(dimensions).fill(0);
  for (const word of ['', ...(text.toLowerCase().match(/\S+/g) ?? [])]) {
    const random = seededRandom(word);
    for (let at = 0; at < dimensions; at++) sum[at] = (sum[at] ?? 0) + random.next() - 0.5;
  }
  const length = Math.hypot(...sum) || 1;
  return sum.map((value) => value / length);
}
