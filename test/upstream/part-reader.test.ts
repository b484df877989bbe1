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
