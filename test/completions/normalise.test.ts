import { describe, expect, it } from 'vitest';
import type { CompletionInput, MessageInput } from '../../src/completions/input/input.ts';
import { normalise } from '../../src/completions/input/normalise.ts';

const input = (given: Partial<CompletionInput>) =>
  normalise({ model: 'a/b', messages: [{ role: 'USER', content: 'Hi' }], ...given });

it('an absent parameter is not there: the default of the provider applies', () => {
  const { chat } = input({ temperature: null, tools: [], stop: [], toolChoice: null });
  expect(chat).toEqual({ messages: [{ role: 'user', content: 'Hi' }] });
});

it('zero and false are not absent', () => {
  expect(input({ temperature: 0, parallelToolCalls: false, seed: 0 }).chat).toMatchObject({
    temperature: 0,
    parallelToolCalls: false,
    seed: 0,
  });
});

describe('a message in the one form that connectors read', () => {
  const parts = [
    { text: 'Look: ' },
    { imageUrl: 'https://pictures.test/cat.png' },
    { audio: { data: 'AAAA', mediaType: 'audio/wav' } },
    { file: { data: 'AAAA', mediaType: 'application/pdf', filename: 'a.pdf' } },
  ];
  const calls = [{ id: 'call_1', name: 'look', arguments: '{}' }];
  it.each<[string, MessageInput, object]>([
    [
      'parts',
      { role: 'USER', parts },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Look: ' },
          { type: 'image', url: 'https://pictures.test/cat.png' },
          { type: 'audio', data: 'AAAA', mediaType: 'audio/wav' },
          { type: 'file', data: 'AAAA', mediaType: 'application/pdf', filename: 'a.pdf' },
        ],
      },
    ],
    [
      'tool calls alone',
      { role: 'ASSISTANT', toolCalls: calls },
      { role: 'assistant', content: null, toolCalls: calls },
    ],
    [
      'the answer of a tool',
      { role: 'TOOL', toolCallId: 'call_1', content: '' },
      { role: 'tool', toolCallId: 'call_1', content: '' },
    ],
    [
      'signatures and a cache mark',
      { role: 'ASSISTANT', content: 'x', reasoningDetails: [1], cacheControl: { ttl: '1h' } },
      { role: 'assistant', content: 'x', reasoningDetails: [1], cacheTtl: '1h' },
    ],
    [
      'marks of its parts, of which the last is the mark behind it',
      {
        role: 'USER',
        parts: [
          { text: 'a', cacheControl: { ttl: '1h' } },
          { text: 'b', cacheControl: { ttl: '5m' } },
        ],
        cacheControl: { ttl: '1h' },
      },
      {
        role: 'user',
        content: [
          { type: 'text', text: 'a', cacheTtl: '1h' },
          { type: 'text', text: 'b', cacheTtl: '5m' },
        ],
      },
    ],
    [
      'a mark behind calls, which stand behind its parts',
      {
        role: 'ASSISTANT',
        parts: [{ text: 'a', cacheControl: { ttl: '5m' } }],
        toolCalls: calls,
        cacheControl: { ttl: '1h' },
      },
      {
        role: 'assistant',
        content: [{ type: 'text', text: 'a', cacheTtl: '5m' }],
        toolCalls: calls,
        cacheTtl: '1h',
      },
    ],
  ])('%s', (_name, message, expected) => {
    expect(input({ messages: [message] }).chat.messages).toEqual([expected]);
  });
});

it('price ceilings per million are prices per token, to the last digit', () => {
  const provider = { maxPromptPricePerMillion: '2.5', maxCompletionPricePerMillion: '0.000001' };
  expect(input({ provider }).preferences).toMatchObject({
    maxPromptPrice: 2_500_000_000_000n,
    maxCompletionPrice: 1_000_000n,
    allowFallbacks: true,
    requireParameters: false,
    sort: null,
  });
});

it('a ceiling may be as dear as any price of a token that can be accounted for', () => {
  const provider = { maxPromptPricePerMillion: '10', maxCompletionPricePerMillion: '9000000' };
  expect(input({ provider }).preferences).toMatchObject({
    maxPromptPrice: 10_000_000_000_000n,
    maxCompletionPrice: 9_000_000_000_000_000_000n,
  });
});
