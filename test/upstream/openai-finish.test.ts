import { expect, test } from 'vitest';
import { failureOfFinish, readFinish } from '../../src/upstream/openai-finish.ts';

test.each([
  ['stop', 'STOP'],
  ['end_turn', 'STOP'],
  ['eos', 'STOP'],
  ['STOP', 'STOP'],
  ['length', 'LENGTH'],
  ['max_tokens', 'LENGTH'],
  ['MAX_TOKENS', 'LENGTH'],
  ['model_length', 'LENGTH'],
  ['model_context_window_exceeded', 'LENGTH'],
  ['tool_calls', 'TOOL_CALLS'],
  ['function_call', 'TOOL_CALLS'],
  ['tool_use', 'TOOL_CALLS'],
  ['content_filter', 'CONTENT_FILTER'],
  ['SAFETY', 'CONTENT_FILTER'],
  ['a word of their own', 'STOP'],
])('%s means %s and keeps its own word', (raw, unified) => {
  expect(readFinish(raw, false)).toEqual({ unified, raw });
  expect(failureOfFinish(raw)).toBeUndefined();
});

test('a word without end is kept by its beginning', () => {
  expect(readFinish('x'.repeat(1_000_000), false).raw).toBe('x'.repeat(100));
});

test('an answer that calls tools ends by them, though the provider says stop', () => {
  expect(readFinish('stop', true)).toEqual({ unified: 'TOOL_CALLS', raw: 'stop' });
  expect(readFinish('length', true).unified).toBe('LENGTH');
});

test.each([
  ['error', 'ERROR_IN_BODY'],
  ['abort', 'CUT'],
  ['TIMEOUT', 'CUT'],
  ['malformed_tool_use', 'MODEL_ERRED'],
  ['MALFORMED_FUNCTION_CALL', 'MODEL_ERRED'],
  ['UNEXPECTED_TOOL_CALL', 'MODEL_ERRED'],
  ['MISSING_THOUGHT_SIGNATURE', 'UNSAID'],
  ['insufficient_system_resource', 'OVERLOADED'],
])('%s is no end but a failure', (raw, failure) => {
  expect(failureOfFinish(raw)).toBe(failure);
});
