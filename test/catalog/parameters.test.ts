import { expect, it } from 'vitest';
import { parametersOf } from '../../src/catalog/parameters.ts';

it.each(['anthropic/claude', 'openai/gpt'])(
  'who calls tools at %s can be asked for one at a time',
  (slug) => {
    const taken = { tools: true, reasoning: false, temperature: true };
    expect(parametersOf(slug, taken)).toContain('parallel_tool_calls');
    expect(parametersOf(slug, { ...taken, tools: false })).not.toContain('parallel_tool_calls');
  },
);
