import { describe, expect, it } from 'vitest';
import type { InvalidInput } from '#kernel';
import { readMessagesRequest } from '../../src/http/anthropic/messages-request.ts';

const hello = { role: 'user', content: 'Hello' };
const tool = { name: 'look', input_schema: { type: 'object' } };
const direct = ['direct'];

const read = (fields: object, headers = {}) =>
  readMessagesRequest({ model: 'a/b', max_tokens: 2_000, messages: [hello], ...fields }, headers)
    .input;

/** The fields that it is refused for, by their names. */
function refused(fields: object, headers = {}): string[] {
  try {
    read(fields, headers);
    return [];
  } catch (thrown) {
    return (thrown as InvalidInput).issues.map(({ path }) => path);
  }
}

const by = (role: string, block: object) => ({
  messages: [hello, { role, content: [block] }],
});

describe('a thinking budget', () => {
  const thinking = (budget_tokens: number) => ({ thinking: { type: 'enabled', budget_tokens } });
  const betas = { 'anthropic-beta': 'claude-code-20250219,interleaved-thinking-2025-05-14' };

  it('leaves room for the answer, or is refused', () => {
    expect(read(thinking(1_999)).reasoning).toEqual({ maxTokens: 1_999, effort: null });
    expect(refused(thinking(2_000))).toEqual(['thinking.budget_tokens']);
    expect(refused({ ...thinking(9_000), tools: [tool] })).toEqual(['thinking.budget_tokens']);
    expect(refused(thinking(9_000), betas)).toEqual(['thinking.budget_tokens']);
  });

  it('goes beside an effort, which says something else', () => {
    const asked = { ...thinking(1_999), output_config: { effort: 'low' } };
    expect(read(asked).reasoning).toEqual({ maxTokens: 1_999, effort: 'LOW' });
  });

  it('may be larger where it holds for the thoughts between calls of tools', () => {
    const asked = { ...thinking(9_000), tools: [tool] };
    expect(read(asked, betas).reasoning).toEqual({ maxTokens: 9_000, effort: null });
  });
});

describe('a document', () => {
  const cache_control = { type: 'ephemeral' };
  const told = { title: 'Log', context: 'Of May.', citations: { enabled: false } };
  const partsOf = (source: object) =>
    read(by('user', { type: 'document', source, ...told, cache_control })).messages?.[1]?.parts;

  it('of text has its title and context before it, and its mark behind it', () => {
    expect(partsOf({ type: 'text', media_type: 'text/plain', data: 'Rain.' })).toEqual([
      { text: 'Log' },
      { text: 'Of May.' },
      { text: 'Rain.', cacheControl: { ttl: '5m' } },
    ]);
  });

  it('of bytes has its title as its name and its context before it', () => {
    expect(partsOf({ type: 'base64', media_type: 'application/pdf', data: 'JVBE' })).toEqual([
      { text: 'Of May.' },
      {
        file: { data: 'JVBE', mediaType: 'application/pdf', filename: 'Log' },
        cacheControl: { ttl: '5m' },
      },
    ]);
  });
});

const source = { type: 'text', media_type: 'text/plain', data: 'Rain.' };
const image = { type: 'image', source: { type: 'url', url: 'https://a.example/b.png' } };
const use = { type: 'tool_use', id: 'a', name: 'look', input: {} };
const result = { type: 'tool_result', tool_use_id: 'a', content: 'Rain.' };

it.each<[object, string]>([
  [
    by('user', { type: 'document', source, citations: { enabled: true } }),
    'messages.1.content.0.citations.enabled',
  ],
  [
    by('user', { ...image, transformations: { oversized_image: 'error' } }),
    'messages.1.content.0.transformations.oversized_image',
  ],
  [by('assistant', { ...use, toolset_name: 'browser' }), 'messages.1.content.0.toolset_name'],
  [by('user', { ...result, toolset_name: 'browser' }), 'messages.1.content.0.toolset_name'],
  [
    {
      messages: [hello, { role: 'system', content: 'Be brief.', output_config: { effort: 'low' } }],
    },
    'messages.1.output_config',
  ],
  [
    { tools: [{ ...tool, allowed_callers: ['code_execution_20260120'] }] },
    'tools.0.allowed_callers.0',
  ],
  [{ tools: [{ ...tool, input_examples: [{ city: 'Ruan' }] }] }, 'tools.0.input_examples'],
  [{ output_config: { task_budget: { type: 'tokens', total: 9 } } }, 'output_config.task_budget'],
  [{ fallbacks: [{ model: 'a/c', max_tokens: 5 }] }, 'fallbacks.0.max_tokens'],
  [{ fallback_credit_token: 'a' }, 'fallback_credit_token'],
  [{ compaction: { type: 'summarize' } }, 'compaction'],
  [{ thread: { type: 'continue', previous_message_id: 'a' } }, 'thread'],
  [{ billing_policy: { type: 'billing_policy' } }, 'billing_policy'],
])('%j is refused by name, not dropped', (fields, field) => {
  expect(refused(fields)).toEqual([field]);
});

it.each<[string, object]>([
  ['thinking', { thinking: { type: 'adaptive', display: 'omitted', block_binding: {} } }],
  ['cache diagnosis', { diagnostics: { previous_message_id: null } }],
  ['tools', { tools: [{ ...tool, allowed_callers: direct, defer_loading: true }] }],
  ['streamed arguments', { tools: [{ ...tool, eager_input_streaming: true }] }],
  ['pictures', by('user', { ...image, transformations: { oversized_image: 'downsize' } })],
  ['text', by('assistant', { type: 'text', text: 'Yes.', citations: null })],
  ['calls', by('assistant', { ...use, caller: { type: 'direct' } })],
  [
    'reminders',
    { messages: [hello, { role: 'system', content: 'Hm.', clear_at: 'next_user_message' }] },
  ],
  [
    'what agents send with every request',
    {
      context_management: { edits: [{ type: 'clear_thinking_20251015', keep: 'all' }] },
      output_config: { effort: 'high' },
      metadata: { user_id: '{}' },
    },
  ],
])('what is said of %s without an effect here is taken', (_, fields) => {
  expect(refused(fields)).toEqual([]);
});
