import { describe, expect, it } from 'vitest';
import { InvalidInput } from '#kernel';
import { readChatRequest } from '../../src/http/openai/chat-request.ts';
import { readResponsesRequest } from '../../src/http/openai/responses-request.ts';

const names = ['look', 'find', 'go'];
const inner = { type: 'function', name: 'look' };
const agents = { type: 'namespace', name: 'agents', tools: [inner] };

/** How each of OpenAI's two forms offers the tools, names one and allows some. */
const chat = {
  read: (more: object) =>
    readChatRequest(
      { model: 'acme/echo', messages: [{ role: 'user', content: 'x' }], ...more },
      {},
    ),
  tools: names.map((name) => ({ type: 'function', function: { name } })),
  one: (name: string) => ({ type: 'function', function: { name } }),
  allowed: (mode: string, ...tools: object[]) => ({
    type: 'allowed_tools',
    allowed_tools: { mode, tools },
  }),
};
const responses = {
  read: (more: object) => readResponsesRequest({ model: 'acme/echo', input: 'x', ...more }, {}),
  tools: [...names.map((name) => ({ type: 'function', name })), agents],
  one: (name: string) => ({ type: 'function', name }),
  allowed: (mode: string, ...tools: object[]) => ({ type: 'allowed_tools', mode, tools }),
};

const issueIn = (reading: () => unknown) => {
  try {
    reading();
  } catch (thrown) {
    if (thrown instanceof InvalidInput) return thrown.issues[0];
    throw thrown;
  }
  return null;
};

const said = 'No tool runs on the server, and `responses` alone takes free-form ones. Accepted: ';

describe.each([
  ['chat/completions', chat],
  ['responses', responses],
])('%s', (_, { read, tools, one, allowed }) => {
  const issueOf = (more: object) => issueIn(() => read({ tools, ...more }));

  it.each(['auto', 'required'])('allowed tools are those that are sent, chosen %s', (mode) => {
    const { input } = read({ tools, tool_choice: allowed(mode, one('go'), one('look')) });
    expect(input.tools?.map(({ name }) => name)).toEqual(['look', 'go']);
    expect(input.toolChoice).toBe(mode);
  });

  it('every other choice sends all of them', () => {
    for (const choice of ['auto', 'required', one('find')]) {
      const { input } = read({ tools, tool_choice: choice });
      expect(input.tools?.length).toBe(tools.length);
    }
    expect(read({ tools, tool_choice: one('find') }).input.toolChoice).toBe('find');
  });

  it('a tool that is allowed and not offered is named', () => {
    expect(issueOf({ tool_choice: allowed('auto', one('look'), one('fly')) })).toEqual({
      path: 'tool_choice',
      message: 'There is no tool "fly".',
      accepted: 'names of `tools`',
    });
    expect(issueOf({ tools: null, tool_choice: allowed('auto', one('look')) })?.path).toBe(
      'tool_choice',
    );
  });

  it.each([
    ['a tool of the server', { tools: [{ type: 'mcp' }] }, 'tools.0.type', /function/],
    ['a choice of the server', { tool_choice: { type: 'mcp' } }, 'tool_choice.type', /function/],
  ])('%s is refused with what is accepted instead', (_what, more, path, accepts) => {
    const issue = issueOf(more);
    expect(issue).toEqual({ path, message: expect.stringContaining(said) });
    expect(issue?.message.slice(said.length)).toMatch(accepts);
  });

  it('a tool of the server cannot be allowed, and no tool at all neither', () => {
    const search = { type: 'web_search' };
    expect(issueOf({ tool_choice: allowed('auto', search) })?.message).toContain(said);
    expect(issueOf({ tool_choice: allowed('auto') })?.path).toMatch(/^tool_choice\./);
  });
});

it('responses: a function of a namespace is allowed by both its names', () => {
  const choice = responses.allowed('auto', { ...responses.one('look'), namespace: 'agents' });
  const { input } = responses.read({ tools: responses.tools, tool_choice: choice });
  expect(input.tools?.map(({ name }) => name)).toEqual(['agents__look']);
});

const custom = { type: 'custom', custom: { name: 'patch' } };

it.each([
  ['a free-form tool', { tools: [custom] }, 'tools.0.type', 'function.'],
  ['a choice of one', { tool_choice: custom }, 'tool_choice.type', 'allowed_tools.'],
  ['one that is allowed', { tool_choice: chat.allowed('auto', custom) }, '', 'function.'],
])('chat/completions: %s is refused, and told where it is taken', (_what, more, path, accepts) => {
  const issue = issueIn(() => chat.read({ tools: chat.tools, ...more }));
  expect(issue?.message).toContain(said);
  expect(issue?.message.endsWith(accepts)).toBe(true);
  expect(issue?.path).toContain(path);
});

it('responses: an item of another kind is refused by what it is', () => {
  const item = { type: 'item_reference', id: 'a' };
  expect(() => responses.read({ input: [item] })).toThrow(/No item is kept here/);
  const search = { type: 'web_search_call', id: 'a', status: 'completed' };
  expect(() => responses.read({ input: [search] })).toThrow(/tool or service that is not here/);
});
