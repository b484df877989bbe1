import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { type ChatRequest, openConnectors } from '#upstream';
import { dialectOf } from '../../src/upstream/openai-dialect.ts';
import { openAiRequest } from '../../src/upstream/openai-request.ts';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { callTo, outcomeOf, pulled } from './calls.ts';

const connectors = openConnectors({ clock: systemClock, log: silentLog });

let stub: UpstreamStub;
beforeEach(async () => {
  stub = await stubUpstream();
  stub.answerWith((answer) => answer.json(500, {}));
});
afterEach(() => stub.close());

/** The body that this provider is sent for the request. */
async function sent(name: string, request: Partial<ChatRequest>, model = 'stub') {
  const connector = connectors(name);
  if (!connector) throw new TypeError(`no connector ${name}`);
  await outcomeOf(pulled(connector, callTo(stub.url, { request, target: { model } })));
  return stub.requests.at(-1)?.body ?? {};
}

const text = (said: string, cacheTtl?: '5m' | '1h') =>
  ({ type: 'text', text: said, ...(cacheTtl ? { cacheTtl } : {}) }) as const;
const picture = { type: 'image', url: 'data:image/png;base64,iVBORw0KGgo=' } as const;
const paper = { type: 'file', data: 'JVBERi0=', mediaType: 'application/pdf' } as const;
const look = { name: 'look', parameters: { type: 'object' } };
const find = { name: 'find', parameters: { type: 'object' } };
const called = { id: 'c1', name: 'look', arguments: '{}' };
const calledToo = { id: 'c2', name: 'find', arguments: '{}' };
const user = (...content: readonly object[]) =>
  ({ role: 'user', content }) as ChatRequest['messages'][number];

/** A question, the calls that it led to, and their results with these marks. */
const turn = (first: object, second: object = {}): ChatRequest['messages'] => [
  { role: 'user', content: 'See' },
  { role: 'assistant', content: null, toolCalls: [called, calledToo] },
  { role: 'tool', toolCallId: 'c1', content: 'Rain', ...first },
  { role: 'tool', toolCallId: 'c2', content: 'Sun', ...second },
];

const ephemeral = { cache_control: { type: 'ephemeral', ttl: '5m' } };
const forAnHour = { cache_control: { type: 'ephemeral', ttl: '1h' } };

describe('Anthropic gets a mark', () => {
  const body = (request: Partial<ChatRequest>) => sent('anthropic', request);
  const messagesOf = async (request: Partial<ChatRequest>) => (await body(request))['messages'];

  test('on the part in the middle that has it, and on no other', async () => {
    const messages = [user(text('a'), text('b', '1h'), text('c'))];
    expect(await messagesOf({ messages })).toEqual([
      {
        role: 'user',
        content: [text('a'), { ...text('b'), ...forAnHour }, text('c')],
      },
    ]);
  });

  test('on a part of the system, each of which is a block', async () => {
    const content = [text('a', '1h'), text('b'), text('c')];
    const { system } = await body({ messages: [{ role: 'system', content }, user(text('d'))] });
    expect(system).toEqual([{ ...text('a'), ...forAnHour }, text('b'), text('c')]);
  });

  test('of the system that moved behind the same blocks', async () => {
    const systemOf = async (...content: ReturnType<typeof text>[]) =>
      (await body({ messages: [{ role: 'system', content }, user(text('d'))] }))['system'];
    const unmarked = (blocks: unknown) =>
      (blocks as { text: string }[]).map(({ text: said }) => said);
    const first = await systemOf(text('a', '5m'), text('b'));
    expect(unmarked(await systemOf(text('a'), text('b', '5m')))).toEqual(unmarked(first));
    expect(unmarked(await systemOf(text('a'), text('b')))).toEqual(unmarked(first));
  });

  test('on pictures and documents', async () => {
    const marked = [{ ...picture, cacheTtl: '5m' }, { ...paper, cacheTtl: '1h' }, text('See')];
    expect(await messagesOf({ messages: [user(...marked)] })).toMatchObject([
      {
        content: [
          { type: 'image', ...ephemeral },
          { type: 'document', ...forAnHour },
          { type: 'text', text: 'See' },
        ],
      },
    ]);
  });

  test.each([
    ['behind the message', { cacheTtl: '5m' }],
    ['on its part', { content: [text('Rain', '5m')] }],
  ])('on the result of the first of two tools: %s', async (_, first) => {
    const sentMessages = await messagesOf({ messages: turn(first), tools: [look, find] });
    const [, , results] = sentMessages as { content: object[] }[];
    expect(results?.content).toEqual([
      { type: 'tool_result', tool_use_id: 'c1', content: 'Rain', ...ephemeral },
      { type: 'tool_result', tool_use_id: 'c2', content: 'Sun' },
    ]);
  });

  test('on a result that shows a picture, which goes along', async () => {
    const content = [text('A cat'), { ...picture, cacheTtl: '5m' } as const];
    const messages = await messagesOf({ messages: turn({ content }), tools: [look, find] });
    const source = { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' };
    expect((messages as { content: object[] }[])[2]?.content[0]).toEqual({
      type: 'tool_result',
      tool_use_id: 'c1',
      content: [text('A cat'), { type: 'image', source }],
      ...ephemeral,
    });
  });

  test('on the call, or the text, of the assistant that has it', async () => {
    const assistant = {
      role: 'assistant',
      content: [text('I look', '5m'), text('it up.')],
      toolCalls: [{ ...called, cacheTtl: '1h' }, calledToo],
    } as const;
    const [question, , ...results] = turn({}) as [object, ...ChatRequest['messages']];
    const messages = [question, assistant, ...results] as ChatRequest['messages'];
    expect(await messagesOf({ messages, tools: [look, find] })).toMatchObject([
      {},
      {
        content: [
          { ...text('I look'), ...ephemeral },
          text('it up.'),
          { type: 'tool_use', id: 'c1', ...forAnHour },
          { type: 'tool_use', id: 'c2' },
        ],
      },
      {},
    ]);
    expect(JSON.stringify(await messagesOf({ messages })).match(/cache_control/g)).toHaveLength(2);
  });

  test('behind a message on what it says last: its calls', async () => {
    const [question, assistant, ...results] = turn({});
    const messages = [question, { ...assistant, cacheTtl: '5m' }, ...results];
    expect(await messagesOf({ messages: messages as ChatRequest['messages'] })).toMatchObject([
      {},
      { content: [{ id: 'c1' }, { id: 'c2', ...ephemeral }] },
      {},
    ]);
  });

  test('beside the signature of what stands there', async () => {
    const block = {
      format: 'ai-sdk/anthropic',
      type: 'text',
      metadata: { anthropic: { citations: [{ type: 'char_location' }] } },
    };
    const said = { role: 'assistant', content: [text('Yes.', '5m')], reasoningDetails: [block] };
    const messages = [user(text('a')), said, user(text('b'))] as ChatRequest['messages'];
    expect(await messagesOf({ messages })).toMatchObject([
      {},
      { content: [{ text: 'Yes.', citations: [{ type: 'char_location' }], ...ephemeral }] },
      {},
    ]);
  });

  test('on the tool that has it', async () => {
    const tools = [{ ...look, cacheTtl: '1h' } as const, find];
    const { tools: told } = await body({ tools });
    expect(told).toMatchObject([{ name: 'look', ...forAnHour }, { name: 'find' }]);
    expect(JSON.stringify(told).match(/cache_control/g)).toHaveLength(1);
    expect(JSON.stringify(told)).not.toContain('cacheTtl');
  });
});

describe('Bedrock gets a point', () => {
  const newest = 'eu.anthropic.claude-sonnet-4-5-20250929-v1:0';
  const point = { cachePoint: { type: 'default' } };
  const long = { cachePoint: { type: 'default', ttl: '1h' } };
  const everything: Partial<ChatRequest> = {
    messages: [
      { role: 'system', content: [text('a', '1h'), text('b')] },
      user(text('c'), { ...picture, cacheTtl: '5m' }, text('d')),
      ...turn({ cacheTtl: '5m' }).slice(1),
    ],
    tools: [{ ...look, cacheTtl: '1h' }, find],
  };
  const body = (model: string, request = everything) => sent('amazon-bedrock', request, model);

  test('behind each part, result and tool that has a mark, and nowhere else', async () => {
    expect(await body(newest)).toMatchObject({
      system: [{ text: 'a' }, long, { text: 'b' }],
      messages: [
        { content: [{ text: 'c' }, { image: {} }, point, { text: 'd' }] },
        { content: [{ toolUse: { name: 'look' } }, { toolUse: { name: 'find' } }] },
        {
          content: [
            { toolResult: { toolUseId: 'c1' } },
            point,
            { toolResult: { toolUseId: 'c2' } },
          ],
        },
      ],
      toolConfig: {
        tools: [{ toolSpec: { name: 'look' } }, long, { toolSpec: { name: 'find' } }],
      },
    });
  });

  test('behind a result that shows a picture, which goes along', async () => {
    const content = [text('A cat'), { ...picture, cacheTtl: '5m' } as const];
    const { messages } = await body(newest, { messages: turn({ content }), tools: [look, find] });
    const image = { format: 'png', source: { bytes: 'iVBORw0KGgo=' } };
    const [, , results] = messages as { content: object[] }[];
    expect(results?.content.slice(0, 2)).toEqual([
      { toolResult: { toolUseId: 'c1', content: [{ text: 'A cat' }, { image }] } },
      point,
    ]);
  });

  test('once behind a message', async () => {
    const marked = { ...user(text('a'), text('b')), cacheTtl: '5m' } as const;
    const { messages } = await body(newest, { messages: [marked, user(text('c'))] });
    expect(messages).toEqual([
      { role: 'user', content: [{ text: 'a' }, { text: 'b' }, point, { text: 'c' }] },
    ]);
  });

  test.each([
    ['anthropic.claude-opus-4-6-v1', 4, 2],
    ['global.anthropic.claude-fable-5', 4, 2],
    ['anthropic.claude-opus-4-1-20250805-v1:0', 4, 0],
    ['us.anthropic.claude-sonnet-4-20250514-v1:0', 4, 0],
    ['anthropic.claude-3-7-sonnet-20250219-v1:0', 4, 0],
    ['arn:aws:bedrock:eu-west-1:1:application-inference-profile/a', 4, 0],
    ['amazon.nova-pro-v1:0', 2, 0],
    ['anthropic.claude-3-haiku-20240307-v1:0', 0, 0],
    ['anthropic.claude-3-5-sonnet-20240620-v1:0', 0, 0],
    ['anthropic.claude-v2', 0, 0],
    ['meta.llama3-3-70b-instruct-v1:0', 0, 0],
    ['qwen.qwen3-coder-next', 0, 0],
  ])('for %s at %i places that take one, %i of them for an hour', async (model, points, hours) => {
    const told = JSON.stringify(await body(model));
    expect(told.match(/cachePoint/g) ?? []).toHaveLength(points);
    expect(told.match(/"ttl"/g) ?? []).toHaveLength(hours);
  });
});

const allMarks: Partial<ChatRequest> = {
  messages: [
    { role: 'system', content: [text('a', '1h'), text('b')] },
    user(text('c', '5m'), { ...picture, cacheTtl: '5m' }, text('d')),
    { role: 'assistant', content: 'e', cacheTtl: '5m', toolCalls: [{ ...called, cacheTtl: '5m' }] },
    { role: 'tool', toolCallId: 'c1', content: 'Rain', cacheTtl: '5m' },
  ],
  tools: [{ ...look, cacheTtl: '1h' }, find],
};

describe("a service that speaks OpenAI's protocol gets a mark", () => {
  const body = (request: Partial<ChatRequest>, host: string) => {
    const url = `https://${host}/v1`;
    return openAiRequest(callTo(url, { request }), dialectOf(new URL(url)));
  };
  const mark = { cache_control: { type: 'ephemeral' } };
  const hour = forAnHour;

  test.each(['openrouter.ai', 'ai-gateway.vercel.sh', 'litellm.example'])(
    'on the part, the calls, the result and the tool that has it: %s',
    (host) => {
      expect(body(allMarks, host)).toMatchObject({
        messages: [
          { role: 'system', content: [{ ...text('a'), ...hour }, text('b')] },
          {
            role: 'user',
            content: [{ ...text('c'), ...mark }, { type: 'image_url', ...mark }, text('d')],
          },
          { role: 'assistant', content: 'e', tool_calls: [{ id: 'c1' }], ...mark },
          { role: 'tool', content: [{ ...text('Rain'), ...mark }] },
        ],
        tools: [
          { type: 'function', function: look, ...hour },
          { type: 'function', function: find },
        ],
      });
      const told = JSON.stringify(body(allMarks, host));
      expect(told.match(/cache_control/g)).toHaveLength(6);
      expect(told).not.toContain('cacheTtl');
    },
  );

  test('on the text of an assistant whose pictures stand elsewhere', () => {
    const content = [text('Here.'), picture];
    const messages = [{ role: 'assistant', content, cacheTtl: '5m' } as const];
    expect(body({ messages }, 'openrouter.ai')['messages']).toMatchObject([
      { content: [{ ...text('Here.'), ...mark }], images: [{ type: 'image_url' }] },
    ]);
  });
});

describe('no mark reaches a provider that knows none', () => {
  const seesNone = async (name: string) => {
    const told = JSON.stringify(await sent(name, allMarks));
    expect(told).toContain('Rain');
    expect(told).not.toMatch(/cache|ttl/i);
  };
  test.each(['openai', 'azure', 'mistral', 'xai', 'groq', 'deepseek'])('%s', seesNone);
  test.each(['cerebras', 'perplexity', 'togetherai', 'fireworks'])('%s', seesNone);
  test.each(['google', 'google-vertex', 'cohere', 'amazon-bedrock'])('%s', async (name) => {
    const messages = allMarks.messages?.map((one) =>
      one.role === 'user' ? { ...one, content: [text('c', '5m'), text('d')] } : one,
    );
    const told = JSON.stringify(await sent(name, { ...allMarks, ...(messages && { messages }) }));
    expect(told).toContain('Rain');
    expect(told).not.toMatch(/cache|ttl/i);
  });

  test.each(['api.fireworks.ai', 'generativelanguage.googleapis.com', 'api.together.xyz'])(
    '%s by its address',
    (host) => {
      const url = `https://${host}/v1`;
      const told = openAiRequest(callTo(url, { request: allMarks }), dialectOf(new URL(url)));
      expect(JSON.stringify(told)).not.toMatch(/cache|ttl/i);
    },
  );

  test('and what an assistant said in parts is one text there', async () => {
    const messages = [user(text('a')), { role: 'assistant', content: [text('b'), text('c')] }];
    const told = await sent('groq', { messages: messages as ChatRequest['messages'] });
    expect(told['messages']).toMatchObject([{}, { role: 'assistant', content: 'bc' }]);
  });
});

describe('of five marks', () => {
  const marked = (ttl: '5m' | '1h') => text('a', ttl);
  const four = user(marked('1h'), marked('5m'), marked('5m'), marked('5m'));
  const five: readonly [string, Partial<ChatRequest>][] = [
    ['parts', { messages: [four, user(marked('5m'))] }],
    ['tools', { messages: [four], tools: [{ ...look, cacheTtl: '5m' }] }],
    [
      'a call',
      { messages: [four, { ...turn({})[1], cacheTtl: '5m' } as never, ...turn({}).slice(2)] },
    ],
  ];

  describe.each(['anthropic', 'amazon-bedrock'])('%s is told nothing', (name) => {
    test.each(five)('that %s have', async (_, request) => {
      const connector = connectors(name);
      if (!connector) return expect.unreachable();
      const target = { model: 'anthropic.claude-sonnet-4-5-20250929-v1:0' };
      const { thrown } = await outcomeOf(pulled(connector, callTo(stub.url, { request, target })));
      const told = expect.stringContaining('these are 5');
      expect(thrown).toMatchObject({ failure: 'UNSAID', public: told });
      expect(stub.requests).toEqual([]);
    });
  });

  test.each(five)('who takes none of them is told the rest: %s', async (_, request) => {
    expect(await sent('openai', request)).toMatchObject({ messages: expect.any(Array) });
  });
});
