import { expect, it } from 'vitest';
import type { ResponsesRequest } from '#schema';
import { conversationOf } from '../../src/http/openai/responses-conversation.ts';
import { Origins } from '../../src/http/rest/origins.ts';

const thought = (data: string) => ({
  type: 'reasoning',
  encrypted_content: JSON.stringify([{ type: 'reasoning.encrypted', data }]),
});
const sealed = (...datas: string[]) => datas.map((data) => ({ type: 'reasoning.encrypted', data }));
const call = (id: string) => ({ type: 'function_call', call_id: id, name: 'f', arguments: '{}' });
const said = { type: 'message', role: 'assistant', content: 'Let me see.' };

function turnOf(...input: object[]) {
  const to = new Origins();
  conversationOf({ input } as ResponsesRequest, to);
  expect(to.messages).toHaveLength(1);
  return to.messages[0];
}

it('all thoughts of a turn go back, wherever between its words and calls they stand', () => {
  const thoughtsOf = (...input: object[]) => turnOf(...input)?.reasoningDetails;
  expect(thoughtsOf(thought('a'), thought('b'), said)).toEqual(sealed('a', 'b'));
  expect(thoughtsOf(thought('a'), said, thought('b'), call('1'))).toEqual(sealed('a', 'b'));
  expect(thoughtsOf(said, thought('b'), call('1'), call('2'))).toEqual(sealed('b'));
});

it('a turn without thoughts has none', () => {
  expect(turnOf(said, call('1'))).not.toHaveProperty('reasoningDetails');
});

it('a free-form call and its result go back as those of the function that it was', () => {
  const made = { type: 'custom_tool_call', call_id: '1', name: 'patch', input: 'say "x"' };
  const toolCalls = [{ id: '1', name: 'patch', arguments: '{"input":"say \\"x\\""}' }];
  expect(turnOf(made)).toMatchObject({ role: 'ASSISTANT', toolCalls });
  const result = { type: 'custom_tool_call_output', call_id: '1', output: 'Done' };
  expect(turnOf(result)).toMatchObject({ role: 'TOOL', toolCallId: '1', content: 'Done' });
});

it('a tool that returned nothing has an empty result', () => {
  const output = { type: 'function_call_output', call_id: '1' };
  expect(turnOf({ ...output, output: [] })).toMatchObject({ role: 'TOOL', content: '' });
  expect(turnOf({ ...output, output: '' })).toMatchObject({ role: 'TOOL', content: '' });
});
