import { describe, expect, it, test } from 'vitest';
import type { CompletionInput } from '../../src/completions/input/input.ts';
import { normalise } from '../../src/completions/input/normalise.ts';
import { validate } from '../../src/completions/input/validate.ts';
import { InvalidInput } from '../../src/kernel/index.ts';

const good: CompletionInput = { model: 'a/b', messages: [{ role: 'USER', content: 'Hello' }] };
const tool = { name: 'look', parameters: { type: 'object' } };
const deep = (levels: number): object => (levels === 1 ? {} : { in: deep(levels - 1) });

function pathsOf(input: CompletionInput): string[] {
  try {
    validate(input);
    return [];
  } catch (thrown) {
    if (thrown instanceof InvalidInput) return thrown.issues.map((issue) => issue.path);
    throw thrown;
  }
}

describe('a wrong input is refused with the path of what is wrong', () => {
  const message = { role: 'USER', content: 'x' } as const;
  it.each<[string, Partial<CompletionInput>, string]>([
    ['no model', { model: null }, 'input.model'],
    ['no message', { messages: [] }, 'input.messages'],
    ['2,001 messages', { messages: Array(2_001).fill(message) }, 'input.messages'],
    [
      '10,001 parts',
      { messages: Array(3).fill({ role: 'USER', parts: Array(3_334).fill({ text: 'x' }) }) },
      'input.messages',
    ],
    ['temperature 9', { temperature: 9 }, 'input.temperature'],
    ['temperature NaN', { temperature: Number.NaN }, 'input.temperature'],
    ['no token', { maxTokens: 0 }, 'input.maxTokens'],
    ['2^31 tokens', { maxTokens: 2 ** 31 }, 'input.maxTokens'],
    ['five stops', { stop: ['a', 'b', 'c', 'd', 'e'] }, 'input.stop'],
    ['an empty stop', { stop: [''] }, 'input.stop.0'],
    ['eleven fallbacks', { fallbackModels: Array(11).fill('a/b') }, 'input.fallbackModels'],
    ['129 tools', { tools: Array(129).fill(tool) }, 'input.tools'],
    ['a tool named auto', { tools: [{ ...tool, name: 'auto' }] }, 'input.tools.0.name'],
    ['two of a name', { tools: [tool, tool] }, 'input.tools.1.name'],
    ['an empty choice', { tools: [tool], toolChoice: '' }, 'input.toolChoice'],
    ['an unknown choice', { tools: [tool], toolChoice: 'leap' }, 'input.toolChoice'],
    [
      'parameters of 33 levels',
      { tools: [{ ...tool, parameters: deep(33) }] },
      'input.tools.0.parameters',
    ],
    [
      'reasoning of 33 levels',
      { messages: [{ ...message, role: 'ASSISTANT', reasoningDetails: deep(33) }] },
      'input.messages.0.reasoningDetails',
    ],
    [
      'a schema that is none',
      { responseFormat: { type: 'JSON_SCHEMA' } },
      'input.responseFormat.schema',
    ],
    ['a bias of 101', { logitBias: { 5: 101 } }, 'input.logitBias.5'],
    [
      '17 pairs',
      {
        metadata: Object.fromEntries(
          Array(17)
            .fill('v')
            .map((v, i) => [i, v]),
        ),
      },
      'input.metadata',
    ],
    ['a number as metadata', { metadata: { a: 1 } }, 'input.metadata.a'],
    ['a key with a line break', { idempotencyKey: 'a\nb' }, 'input.idempotencyKey'],
    ['101 names', { provider: { only: Array(101).fill('x') } }, 'input.provider.only'],
    [
      'a price in exponent form',
      { provider: { maxPromptPricePerMillion: '1e3' } },
      'input.provider.maxPromptPricePerMillion',
    ],
  ])('%s', (_, wrong, path) => {
    expect(pathsOf({ ...good, ...wrong })).toContain(path);
  });

  it.each<[string, CompletionInput['messages'][number], string]>([
    ['neither content nor parts', { role: 'USER' }, 'content'],
    ['both', { role: 'USER', content: 'a', parts: [{ text: 'b' }] }, ''],
    [
      'a part of two kinds',
      { role: 'USER', parts: [{ text: 'a', imageUrl: 'https://a/b' }] },
      'parts.0',
    ],
    [
      'an image over http',
      { role: 'USER', parts: [{ imageUrl: 'http://a/b.png' }] },
      'parts.0.imageUrl',
    ],
    ['a tool result for no call', { role: 'TOOL', content: 'x' }, 'toolCallId'],
    ['a call id of a user', { role: 'USER', content: 'x', toolCallId: 'c' }, 'toolCallId'],
    [
      'a cache mark for a day',
      { role: 'USER', content: 'x', cacheControl: { ttl: '24h' } },
      'cacheControl.ttl',
    ],
  ])('a message with %s', (_, message, field) => {
    const path = field ? `input.messages.0.${field}` : 'input.messages.0';
    expect(pathsOf({ ...good, messages: [message] })).toContain(path);
  });

  it('names everything that is wrong at once', () => {
    expect(pathsOf({ messages: [], temperature: -1 })).toEqual([
      'input.model',
      'input.messages',
      'input.temperature',
    ]);
  });
});

describe('a good input', () => {
  it.each<[string, Partial<CompletionInput>]>([
    ['the least there is', {}],
    ['the bounds themselves', { temperature: 2, topP: 0, maxTokens: 1, minP: 1 }],
    [
      'an assistant message that only calls',
      {
        messages: [
          { role: 'ASSISTANT', toolCalls: [{ id: 'c', name: 'look', arguments: '{}' }] },
          { role: 'TOOL', toolCallId: 'c', content: '' },
        ],
      },
    ],
    ['nulls for what is absent', { temperature: null, tools: null, provider: null, stop: null }],
    ['a tool by name', { tools: [tool], toolChoice: 'look' }],
  ])('passes: %s', (_, more) => {
    expect(pathsOf({ ...good, ...more })).toEqual([]);
  });

  it('is normalised: nothing absent is sent, parts and roles are in the one form', () => {
    const { chat, preferences } = normalise({
      ...good,
      temperature: null,
      stop: [],
      messages: [
        { role: 'DEVELOPER', content: '' },
        { role: 'USER', parts: [{ text: 'a' }, { imageUrl: 'https://a/b.png' }] },
      ],
      provider: { maxPromptPricePerMillion: '2.5' },
    });
    expect(chat).toEqual({
      messages: [
        { role: 'developer', content: '' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image', url: 'https://a/b.png' },
          ],
        },
      ],
    });
    expect(preferences.maxPromptPrice).toBe(2_500_000_000_000n);
    expect(preferences.allowFallbacks).toBe(true);
  });
});

test('media whose base64 ends in a mistake after much white space is refused in one go', () => {
  const file = { data: `QUJD${' '.repeat(4_000_000)}!`, mediaType: 'application/pdf' };
  const paths = pathsOf({ ...good, messages: [{ role: 'USER', parts: [{ file }] }] });
  expect(paths).toEqual(['input.messages.0.parts.0.file.data']);
});

test.each(['QUJD', 'QUI=', 'QQ==', 'QUJD\nQUI=\n'])('%j is base64', (data) => {
  const file = { data, mediaType: 'application/pdf' };
  expect(pathsOf({ ...good, messages: [{ role: 'USER', parts: [{ file }] }] })).toEqual([]);
});
