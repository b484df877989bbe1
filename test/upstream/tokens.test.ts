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

test('other work gets its turn while a long text is counted', async () => {
  await countTokens('warm');
  let turns = 0;
  let counting = true;
  const turn = () => {
    turns++;
    if (counting) setImmediate(turn);
  };
  setImmediate(turn);
  await countTokens('漢字仮名交じり文'.repeat(8_192));
  counting = false;
  expect(turns).toBeGreaterThan(20);
});
