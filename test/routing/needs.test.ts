import { describe, expect, it } from 'vitest';
import { needsOf, withoutParameters } from '#routing';

const messages = [{ role: 'user', content: 'Hello' }] as const;
const tools = [{ name: 'look', parameters: {} }];

describe('what a chat request needs', () => {
  it('of a plain prompt is text alone', () => {
    const needs = needsOf({ messages });
    expect([...needs.parameters]).toEqual([]);
    expect([...needs.inputModalities]).toEqual(['TEXT']);
    expect(needs.images).toBe(0);
  });

  it('is each parameter that is given, by the name of the field', () => {
    const chat = { messages, topP: 0.5, logitBias: { '1': 2 }, seed: 0, tools, toolChoice: 'auto' };
    expect([...needsOf(chat).parameters].sort()).toEqual([
      'logit_bias',
      'seed',
      'tool_choice',
      'tools',
      'top_p',
    ]);
  });

  it.each([
    ['text', []],
    ['json_object', ['response_format']],
    ['json_schema', ['structured_outputs']],
  ] as const)('a response format of type %s needs %j', (type, names) => {
    expect([...needsOf({ messages, responseFormat: { type } }).parameters]).toEqual(names);
  });

  it('is every kind of content, and how many images there are', () => {
    const image = { type: 'image', url: 'data:,' } as const;
    const file = { type: 'file', data: '', mediaType: 'application/pdf' } as const;
    const needs = needsOf({
      messages: [
        { role: 'user', content: [{ type: 'text', text: 'See' }, image] },
        { role: 'user', content: [image, file] },
      ],
    });
    expect([...needs.inputModalities].sort()).toEqual(['FILE', 'IMAGE', 'TEXT']);
    expect(needs.images).toBe(2);
  });
});

describe('a prompt is kept for an hour', () => {
  const text = { type: 'text', text: 'a' } as const;
  const call = { id: 'c', name: 'look', arguments: '{}' };
  const hour = { cacheTtl: '1h' } as const;
  const short = { cacheTtl: '5m' } as const;

  it.each<[string, Parameters<typeof needsOf>[0], boolean]>([
    ['behind a message', { messages: [{ role: 'user', content: 'a', ...hour }] }, true],
    ['on a part', { messages: [{ role: 'user', content: [{ ...text, ...hour }, text] }] }, true],
    [
      'on a call',
      { messages: [{ role: 'assistant', content: null, toolCalls: [{ ...call, ...hour }] }] },
      true,
    ],
    ['on a tool', { messages, tools: [{ name: 'look', parameters: {}, ...hour }] }, true],
    [
      'nowhere',
      {
        messages: [
          { role: 'user', content: [{ ...text, ...short }], ...short },
          { role: 'assistant', content: null, toolCalls: [{ ...call, ...short }] },
        ],
        tools: [{ name: 'look', parameters: {}, ...short }],
      },
      false,
    ],
  ])('by a mark %s', (_, chat, kept) => expect(needsOf(chat).cachedForAnHour).toBe(kept));
});

describe('a request without what an endpoint cannot take', () => {
  it('lacks the dropped parameters and keeps the rest', () => {
    const chat = { messages, topK: 3, seed: 7, responseFormat: { type: 'json_schema' } } as const;
    expect(withoutParameters(chat, ['top_k', 'structured_outputs'])).toEqual({ messages, seed: 7 });
    expect(chat.topK).toBe(3);
  });

  it('is the request itself when nothing is dropped', () => {
    const chat = { messages, seed: 7 };
    expect(withoutParameters(chat, [])).toBe(chat);
  });
});
