import { expect, it } from 'vitest';
import { embedBody, embedRequest } from '../../../src/upstream/sandbox/embed.ts';

const vectorOf = (text: string, dimensions = 64): number[] =>
  JSON.parse(embedBody({ model: 'embed', input: [text], dimensions })).data[0].embedding;
const nearness = (one: string, other: string) => {
  const others = vectorOf(other);
  return vectorOf(one).reduce((sum, value, at) => sum + value * (others[at] ?? 0), 0);
};

it('a text has one vector, of length 1, near those of texts that share its words', () => {
  expect(vectorOf('the cat sat')).toEqual(vectorOf('the cat sat'));
  expect(Math.hypot(...vectorOf('the cat sat', 7))).toBeCloseTo(1, 12);
  const near = nearness('the cat sat on the mat', 'the cat sat on a mat');
  expect(near).toBeGreaterThan(0.7);
  expect(nearness('the cat sat on the mat', 'stock prices fell today')).toBeLessThan(near);
});

it('a million numbers are made at once, and no more', () => {
  const ask = (texts: number, dimensions: number) =>
    embedRequest.safeParse({ model: 'embed', input: Array(texts).fill('a'), dimensions });
  expect(ask(1_000, 1_000).success).toBe(true);
  expect(ask(1_000, 1_001).error?.issues).toMatchObject([
    { path: ['dimensions'], message: expect.stringContaining('more than 1000000 numbers') },
  ]);
});

it('a long text is known by its beginning', () => {
  const beginning = Array.from({ length: 256 }, (_, at) => `word${at}`).join(' ');
  expect(vectorOf(`${beginning} and so on`)).toEqual(vectorOf(beginning));
});
