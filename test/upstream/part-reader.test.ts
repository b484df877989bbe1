import type { JSONObject } from '@ai-sdk/provider';
import { expect, test } from 'vitest';
import { PartReader } from '../../src/upstream/ai-sdk/answer.ts';

test('an answer by a package has no more tool calls than a turn can make', () => {
  const reader = new PartReader('anthropic');
  const call = (at: number) =>
    reader.read({ type: 'tool-call', toolCallId: `c${at}`, toolName: 'f', input: '{}' });
  const all = (calls: number) => Array.from({ length: calls }, (_, at) => call(at));
  expect(all(1_024).flat().length).toBe(1_024);
  expect(() => call(1_024)).toThrow(expect.objectContaining({ failure: 'EXCESS' }));
});

const told = (raw: JSONObject, cacheWrite = 900) => {
  const reader = new PartReader('anthropic');
  const inputTokens = { total: 1_000, noCache: 100, cacheRead: 0, cacheWrite };
  const outputTokens = { total: 5, text: 5, reasoning: 0 };
  const finishReason = { unified: 'stop', raw: 'end_turn' } as const;
  reader.read({ type: 'finish', finishReason, usage: { inputTokens, outputTokens, raw } });
  const usage = reader.end().find((event) => event.type === 'usage')?.usage;
  return [usage?.cacheWrite, usage?.cacheWriteHour];
};

test.each<[string, JSONObject]>([
  [
    'Anthropic',
    { cache_creation: { ephemeral_5m_input_tokens: 300, ephemeral_1h_input_tokens: 600 } },
  ],
  [
    'Bedrock',
    {
      cacheDetails: [
        { ttl: '1h', inputTokens: 600 },
        { ttl: '5m', inputTokens: 300 },
      ],
    },
  ],
])('what was written to a cache for an hour is told apart by %s', (_, raw) => {
  expect(told(raw)).toEqual([900, 600]);
});

test.each<[string, JSONObject]>([
  ['nobody tells it', {}],
  ['it is no number of tokens', { cache_creation: { ephemeral_1h_input_tokens: -1 } }],
  ['all is for five minutes', { cache_creation: { ephemeral_1h_input_tokens: 0 } }],
])('and is not told where %s', (_, raw) => expect(told(raw)).toEqual([900, undefined]));
