import { expect, it } from 'vitest';
import { inputIn } from '../../src/http/openai/responses-free-form.ts';
import { readResponsesRequest } from '../../src/http/openai/responses-request.ts';
import { echoOf, functionNames, functionsOf } from '../../src/http/openai/responses-tools.ts';
import { InvalidInput } from '../../src/kernel/index.ts';

const called = (name: string) => ({ type: 'function', name, description: 'Does it.' });
const agents = { type: 'namespace', name: 'agents', tools: [called('spawn'), called('wait')] };

const readAs = (more: object) =>
  readResponsesRequest({ model: 'acme/echo', input: 'hi', ...more }, {});

it('functions in a namespace are offered under both names, and their calls told apart', () => {
  const { request, input } = readAs({ tools: [called('wait'), agents] });
  expect(input.tools?.map(({ name }) => name)).toEqual(['wait', 'agents__spawn', 'agents__wait']);
  expect(functionsOf(request)).toEqual(input.tools);
  const named = functionNames(request);
  expect(named('agents__wait')).toEqual({ name: 'wait', namespace: 'agents' });
  expect(named('wait')).toEqual({ name: 'wait' });
  expect(named('agents__invented')).toEqual({ name: 'agents__invented' });
});

it('a call of the conversation goes back under the name that it was made by', () => {
  const call = { type: 'function_call', call_id: '1', name: 'wait', arguments: '{}' };
  const { input } = readAs({
    input: [
      { ...call, namespace: 'agents' },
      { ...call, call_id: '2' },
    ],
  });
  const calls = input.messages?.flatMap(({ toolCalls }) => toolCalls ?? []);
  expect(calls?.map(({ name }) => name)).toEqual(['agents__wait', 'wait']);
});

it('the response repeats a namespace as it was asked for', () => {
  const tool = readAs({ tools: [agents] }).request.tools?.[0];
  const echoed = { ...called('spawn'), parameters: null, strict: null };
  expect(tool && echoOf(tool)).toMatchObject({ type: 'namespace', tools: [echoed, {}] });
});

const grammar = { type: 'grammar', syntax: 'lark', definition: 'start: "x"' };
const patch = { type: 'custom', name: 'patch', description: 'Changes files.', format: grammar };

it('a free-form tool is offered as a function with one text, in a namespace too', () => {
  const { request, input } = readAs({ tools: [patch, { ...agents, tools: [patch] }] });
  expect(input.tools?.map(({ name }) => name)).toEqual(['patch', 'agents__patch']);
  expect(input.tools?.[0]).toMatchObject({
    description: 'Changes files.\n\n`input` follows this Lark grammar:\nstart: "x"',
    parameters: { properties: { input: { type: 'string' } }, required: ['input'] },
  });
  const named = functionNames(request);
  expect(named('patch')).toEqual({ name: 'patch', freeForm: true });
  expect(named('agents__patch')).toEqual({ name: 'patch', namespace: 'agents', freeForm: true });
  expect(request.tools?.map(echoOf)).toEqual([
    patch,
    { ...agents, description: null, tools: [patch] },
  ]);
});

it.each([
  ['{"input":"*** Begin Patch\\n"}', '*** Begin Patch\n'],
  ['*** Begin Patch\n', '*** Begin Patch\n'],
  ['{"input":"cut', '{"input":"cut'],
  ['{"other":1}', '{"other":1}'],
  ['null', 'null'],
  ['', ''],
])('the text of the call %j of a free-form tool is %j', (written, text) => {
  expect(inputIn(written)).toBe(text);
});

it('a free-form tool may be the one that is to be called', () => {
  const { input } = readAs({
    tools: [patch, agents],
    tool_choice: { type: 'custom', name: 'patch' },
  });
  expect(input.toolChoice).toBe('patch');
});

it('a tool of another kind is refused by its place', () => {
  for (const [tools, path] of [
    [[{ type: 'web_search' }], 'tools.0.type'],
    [[{ ...agents, tools: [agents] }], 'tools.0.tools.0.type'],
  ]) {
    const refused = () => readAs({ tools });
    expect(refused).toThrow(InvalidInput);
    expect(refused).toThrow(`${path}`);
  }
});
