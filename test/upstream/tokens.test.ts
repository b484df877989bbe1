import { expect, test } from 'vitest';
import { countTokens } from '#upstream';

test('nothing of a vocabulary is loaded on the thread that streams', async () => {
  const before = process.threadCpuUsage();
  await countTokens('Hello, world!', 'o200k_harmony');
  const { user, system } = process.threadCpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(80);
});

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

test('a short text is counted while long ones are, also a run of one letter', async () => {
  const long = ['漢字仮名交じり文'.repeat(65_536), 'a'.repeat(524_288)];
  const counts = long.map((text) => countTokens(text).then(() => 'long'));
  const short = countTokens('Hello, world!').then(() => 'short');
  expect(await Promise.race([...counts, short])).toBe('short');
  await Promise.all(counts);
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
