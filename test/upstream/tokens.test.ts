import { expect, test } from 'vitest';
import { countTokens } from '#upstream';

test('a text is counted by the o200k vocabulary', async () => {
  expect(await countTokens('')).toBe(0);
  expect(await countTokens('Hello, world!')).toBe(4);
});

test('a text that spells a control token is counted as text', async () => {
  expect(await countTokens('<|endoftext|>')).toBeGreaterThan(1);
});

test('a long text is counted within 1 % of the count in one go', async () => {
  const { countTokens: whole } = await import('gpt-tokenizer/encoding/o200k_base');
  const prose = 'The clerk writes every sale, however small, into a heavy book. '.repeat(500);
  const [sliced, exact] = [await countTokens(prose), whole(prose)];
  expect(Math.abs(sliced - exact)).toBeLessThanOrEqual(exact / 100);
});

test('characters of two halves are never cut in two', async () => {
  const faces = '😀'.repeat(2_000);
  const { countTokens: whole } = await import('gpt-tokenizer/encoding/o200k_base');
  expect(await countTokens(faces)).toBeLessThanOrEqual(whole(faces) * 1.01);
});

/** Turns of the event loop that pass meanwhile. */
async function turnsOf(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let working = true;
  const turn = () => {
    turns++;
    if (working) setImmediate(turn);
  };
  setImmediate(turn);
  await work;
  working = false;
  return turns;
}

test('other work gets its turn while a long text is counted', async () => {
  await countTokens('warm');
  expect(await turnsOf(countTokens('漢字仮名交じり文'.repeat(8_192)))).toBeGreaterThan(20);
});

test('texts that are counted at once take turns', async () => {
  await countTokens('warm');
  const text = 'a'.repeat(32_768);
  const alone = await turnsOf(countTokens(text));
  const together = await turnsOf(Promise.all(Array.from({ length: 8 }, () => countTokens(text))));
  expect(together).toBeGreaterThan(alone * 6);
});

test('a run of one letter is counted in short slices', async () => {
  await countTokens('warm');
  const turns = await turnsOf(countTokens('a'.repeat(128 * 4 * 50)));
  expect(turns).toBeGreaterThan(40);
});

test('a long text without a space is gone through once', async () => {
  await countTokens('warm');
  // Looked back through for each slice, it would take a minute.
  expect(await countTokens('a'.repeat(4_000_000))).toBeGreaterThan(400_000);
});

test('counting stops where enough is counted', async () => {
  const counted = await countTokens('word '.repeat(100_000), 'o200k_base', 1_000);
  expect(counted).toBeGreaterThan(1_000);
  expect(counted).toBeLessThan(1_300);
});
