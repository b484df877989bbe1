import { describe, expect, it } from 'vitest';
import { boundPrompt, countPrompt, textOf } from '../../src/completions/cost/prompt-size.ts';
import type { ChatMessage } from '../../src/upstream/index.ts';

const user = (content: ChatMessage['content']): ChatMessage => ({ role: 'user', content });
const prose = 'All happy families are alike; each unhappy one is so in its own way. '.repeat(100);

describe('the bound is never below the count', () => {
  it.each<[string, ChatMessage[]]>([
    ['prose', [user(prose)]],
    ['one letter', [user('a')]],
    ['emoji and other scripts', [user('👋🏽 市場 Ünïcödé ₿'.repeat(50))]],
    [
      'parts',
      [
        user([
          { type: 'text', text: prose },
          { type: 'image', url: 'https://x.test/' },
        ]),
      ],
    ],
  ])('%s', async (_name, messages) => {
    const counted = await countPrompt({ messages });
    expect(counted).toBeLessThanOrEqual(boundPrompt({ messages }) * 1.3);
  });
});

it('counting prose brings the bound down to a third', async () => {
  const messages = [user(prose)];
  expect(await countPrompt({ messages })).toBeLessThan(boundPrompt({ messages }) / 3);
});

it('counting tools, calls and forms brings the bound down as counting prose does', async () => {
  const description = prose.slice(0, 1_000);
  const parameters = { type: 'object', properties: { path: { type: 'string', description } } };
  const call = { id: 'call_1', name: 'read', arguments: JSON.stringify({ path: description }) };
  const chat = {
    messages: [user(prose), { role: 'assistant' as const, content: null, toolCalls: [call] }],
    tools: Array.from({ length: 20 }, (_, n) => ({ name: `tool_${n}`, description, parameters })),
    responseFormat: { type: 'json_schema' as const, name: 'answer', schema: parameters },
  };
  const counted = await countPrompt(chat);
  expect(counted).toBeLessThan(boundPrompt(chat) / 3);
  const withoutTools = await countPrompt({ messages: chat.messages });
  expect(counted).toBeGreaterThan(withoutTools + 20 * 2 * 250);
});

it('all text of the messages, and nothing else of them', () => {
  const messages = [
    user('one'),
    user([
      { type: 'text', text: 'two' },
      { type: 'image', url: 'https://x.test/' },
    ]),
    user(null),
  ];
  expect(textOf({ messages })).toContain('one');
  expect(textOf({ messages })).toContain('two');
  expect(textOf({ messages })).not.toContain('x.test');
});
