import { expect, it } from 'vitest';
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

it('a free-form tool is refused by its place, in a namespace too', () => {
  const custom = { type: 'custom', name: 'patch' };
  for (const [tools, path] of [
    [[custom], 'tools.0.type'],
    [[{ ...agents, tools: [custom] }], 'tools.0.tools.0.type'],
  ]) {
    const refused = () => readAs({ tools });
    expect(refused).toThrow(InvalidInput);
    expect(refused).toThrow(`${path}`);
  }
});
