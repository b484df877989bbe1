import { expect, test } from 'vitest';
import { type OpenAiToolCall, ToolCalls } from '../../src/upstream/openai-tool-calls.ts';

const read = (...calls: readonly OpenAiToolCall[]) => {
  const toolCalls = new ToolCalls();
  return calls.map((call) => toolCalls.read(call)).filter((fragment) => fragment !== null);
};

test('whole calls without an index get one each', () => {
  expect(
    read(
      { id: 'a', function: { name: 'f', arguments: '{}' } },
      { id: 'b', function: { name: 'f', arguments: '{"x":1}' } },
    ),
  ).toEqual([
    { type: 'toolCall', index: 0, callId: 'a', name: 'f', arguments: '{}' },
    { type: 'toolCall', index: 1, callId: 'b', name: 'f', arguments: '{"x":1}' },
  ]);
});

test('whole calls that all claim the index 0 stay apart', () => {
  const fragments = read(
    { index: 0, id: 'a', function: { name: 'f', arguments: '{}' } },
    { index: 0, id: 'b', function: { name: 'g', arguments: '{}' } },
  );
  expect(fragments.map(({ index, name }) => [index, name])).toEqual([
    [0, 'f'],
    [1, 'g'],
  ]);
});

test('id and name are said once, though a provider repeats them', () => {
  expect(
    read(
      { index: 0, id: 'a', function: { name: 'f', arguments: '{' } },
      { index: 0, id: 'a', function: { name: 'f', arguments: '}' } },
    ),
  ).toEqual([
    { type: 'toolCall', index: 0, callId: 'a', name: 'f', arguments: '{' },
    { type: 'toolCall', index: 0, arguments: '}' },
  ]);
});

test('a new id without a name goes on with the call', () => {
  const fragments = read(
    { index: 0, id: 'a', function: { name: 'f', arguments: '{' } },
    { index: 0, id: 'other', function: { arguments: '}' } },
  );
  expect(fragments.map(({ index }) => index)).toEqual([0, 0]);
});

test('fragments without index and id go on with the last call', () => {
  const fragments = read(
    { id: 'a', function: { name: 'f', arguments: '{' } },
    { function: { arguments: '}' } },
    { id: 'b', function: { name: 'g', arguments: '[' } },
    { id: 'b', function: { arguments: ']' } },
  );
  expect(fragments.map(({ index, arguments: text }) => [index, text])).toEqual([
    [0, '{'],
    [0, '}'],
    [1, '['],
    [1, ']'],
  ]);
});

test('a call without an id gets one, since its result has to name it', () => {
  const [first, second] = read(
    { index: 0, function: { name: 'f', arguments: '{}' } },
    { index: 1, function: { name: 'f', arguments: '{}' } },
  );
  expect(first?.callId).toMatch(/^call_[0-9A-Za-z]{24}$/);
  expect(second?.callId).not.toBe(first?.callId);
});

test('arguments that come as an object are said as its JSON', () => {
  expect(read({ index: 0, id: 'a', function: { name: 'f', arguments: { x: 1 } } })).toMatchObject([
    { arguments: '{"x":1}' },
  ]);
});

test('a fragment that says nothing yields nothing', () => {
  const begun = { index: 0, id: 'a', function: { name: 'f', arguments: '' } };
  expect(read(begun, { index: 0 }, { index: 0, function: { arguments: '' } })).toHaveLength(1);
});

test('more calls than a turn makes are too much, however they are numbered', () => {
  const toolCalls = new ToolCalls();
  const call = (at: number) => ({ index: at / 2, id: `c${at}`, function: { name: 'f' } });
  for (let at = 0; at < 1_024; at++) toolCalls.read(call(at));
  expect(() => toolCalls.read(call(1_024))).toThrow('EXCESS');
  expect(toolCalls.read({ index: 0, function: { arguments: '{}' } })?.index).toBe(0);
});
