import { describe, expect, test } from 'vitest';
import { type ChatMessage, type ContentPart, countTokens, promptBound } from '#upstream';

const bound = (...messages: ChatMessage[]) => promptBound({ messages, maxTokens: 1 });
const user = (content: ChatMessage['content']): ChatMessage => ({ role: 'user', content });
const part = (content: ContentPart) => bound(user([content])) - bound(user([]));

test('is the bytes of the text, 16 for each message and 16 for the whole', () => {
  expect(bound(user('Grüße'), user('a'))).toBe(16 + (16 + 7) + (16 + 1));
});

test.each([
  'Hello there, old friend.',
  '漢字仮名交じり文',
  '👩‍👩‍👧‍👦🏳️‍🌈',
  '\u0000\ufffd}{',
  'жёсткий',
])('is never below what a tokenizer counts: %s', async (text) => {
  expect(bound(user(text))).toBeGreaterThanOrEqual(await countTokens(text));
});

test('counts names, calls, signatures, tools and schemas', () => {
  const plain = bound(user('a'));
  expect(bound({ ...user('a'), name: 'Ann' })).toBe(plain + 3);
  const toolCalls = [{ id: 'c', name: 'f', arguments: '{}' }];
  expect(bound({ ...user('a'), toolCalls })).toBeGreaterThan(plain + 4);
  expect(bound({ ...user('a'), reasoningDetails: ['x'.repeat(99)] })).toBeGreaterThan(plain + 99);
  const tools = [{ name: 'f', parameters: { description: 'd'.repeat(50) } }];
  const schema = { description: 'd'.repeat(50) };
  expect(promptBound({ messages: [user('a')], maxTokens: 1, tools })).toBeGreaterThan(plain + 650);
  expect(
    promptBound({
      messages: [user('a')],
      maxTokens: 1,
      responseFormat: { type: 'json_schema', schema },
    }),
  ).toBeGreaterThan(plain + 50);
});

describe('a part', () => {
  test('that is an image counts 5,000, however it is given', () => {
    expect(part({ type: 'image', url: 'https://example.com/a.png' })).toBe(5_000);
    expect(part({ type: 'image', url: `data:image/png;base64,${'A'.repeat(99)}` })).toBe(5_000);
  });

  test('that is audio counts by its length', () => {
    const data = 'A'.repeat(20_000);
    expect(part({ type: 'audio', data, mediaType: 'audio/wav' })).toBe(1_016);
  });

  test('that is a file counts its text whole, and more where it may hold pages', () => {
    const data = 'A'.repeat(1_000);
    expect(part({ type: 'file', data, mediaType: 'text/plain' })).toBe(1_000);
    expect(part({ type: 'file', data, mediaType: 'application/pdf' })).toBe(9_000);
  });

  test('that lies elsewhere is as long as the context allows', () => {
    const data = 'https://example.com/a.pdf';
    const file = { type: 'file', data, mediaType: 'application/pdf' } as const;
    expect(bound(user([file]))).toBe(Number.POSITIVE_INFINITY);
  });
});
