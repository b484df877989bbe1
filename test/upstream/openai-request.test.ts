import { describe, expect, test } from 'vitest';
import { type ChatRequest, plainThought } from '#upstream';
import { dialectOf } from '../../src/upstream/openai-dialect.ts';
import { openAiRequest } from '../../src/upstream/openai-request.ts';
import { callTo } from './calls.ts';

/** The body for this request, as this host would get it. */
function body(request: Partial<ChatRequest>, host = 'models.example', stream = true) {
  const url = `https://${host}/v1`;
  return openAiRequest(callTo(url, { request, stream }), dialectOf(new URL(url)));
}

test('says the model, the messages and the output cap, and no parameter that was not given', () => {
  expect(body({}, 'models.example', false)).toEqual({
    model: 'stub',
    messages: [{ role: 'user', content: 'Say hello' }],
    max_tokens: 64,
    stream: false,
  });
});

test('asks for the usage of a stream', () => {
  expect(body({})).toMatchObject({ stream: true, stream_options: { include_usage: true } });
});

test('carries every parameter under its name', () => {
  const given = {
    temperature: 0,
    topP: 0.9,
    topK: 40,
    minP: 0.05,
    frequencyPenalty: -1,
    presencePenalty: 0.5,
    repetitionPenalty: 1.1,
    seed: 0,
    stop: ['\n'],
    logitBias: { '50256': -100 },
    user: 'u-1',
  };
  expect(body(given)).toMatchObject({
    temperature: 0,
    top_p: 0.9,
    top_k: 40,
    min_p: 0.05,
    frequency_penalty: -1,
    presence_penalty: 0.5,
    repetition_penalty: 1.1,
    seed: 0,
    stop: ['\n'],
    logit_bias: { '50256': -100 },
    user: 'u-1',
  });
});

describe('tools', () => {
  const tools = [{ name: 'f', description: 'does', parameters: { type: 'object' } }];

  test('go along with their choice', () => {
    expect(body({ tools, toolChoice: 'required', parallelToolCalls: false })).toMatchObject({
      tools: [{ type: 'function', function: tools[0] }],
      tool_choice: 'required',
      parallel_tool_calls: false,
    });
  });

  test('can be chosen by name', () => {
    const choice = { type: 'function', function: { name: 'f' } };
    expect(body({ tools, toolChoice: 'f' })['tool_choice']).toEqual(choice);
  });

  test('that are none take no choice along, which services refuse', () => {
    expect(Object.keys(body({ tools: [], toolChoice: 'auto' }))).not.toContain('tool_choice');
  });
});

describe('a message', () => {
  const sent = (message: ChatRequest['messages'][number], host?: string) =>
    (body({ messages: [message] }, host)['messages'] as unknown[])[0];

  test('may be made of text, images, audio and files', () => {
    const content = [
      { type: 'text', text: 'Look' },
      { type: 'image', url: 'data:image/png;base64,AA==' },
      { type: 'audio', data: 'AA==', mediaType: 'audio/mpeg' },
      { type: 'audio', data: 'AA==', mediaType: 'audio/x-wav' },
      { type: 'file', data: 'AA==', mediaType: 'application/pdf', filename: 'a.pdf' },
      { type: 'file', data: 'https://example.com/b.pdf', mediaType: 'application/pdf' },
    ] as const;
    expect(sent({ role: 'user', content })).toEqual({
      role: 'user',
      content: [
        { type: 'text', text: 'Look' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AA==' } },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'mp3' } },
        { type: 'input_audio', input_audio: { data: 'AA==', format: 'wav' } },
        {
          type: 'file',
          file: { filename: 'a.pdf', file_data: 'data:application/pdf;base64,AA==' },
        },
        { type: 'file', file: { file_data: 'https://example.com/b.pdf' } },
      ],
    });
  });

  test('may call tools and answer their calls', () => {
    const toolCalls = [{ id: 'c1', name: 'f', arguments: '{}' }];
    expect(sent({ role: 'assistant', content: null, toolCalls })).toEqual({
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
    });
    expect(sent({ role: 'tool', content: '4', toolCallId: 'c1', name: 'f' })).toEqual({
      role: 'tool',
      content: '4',
      tool_call_id: 'c1',
      name: 'f',
    });
  });

  test('gives signatures of reasoning back as they came', () => {
    const reasoningDetails = [{ type: 'reasoning.text', signature: 'c2ln' }];
    const message = { role: 'assistant', content: 'Yes', reasoningDetails } as const;
    expect(sent(message)).toMatchObject({ reasoning_details: reasoningDetails });
    expect(sent(message, 'api.openai.com')).toEqual({ role: 'assistant', content: 'Yes' });
  });

  test('marks the end of the cached prefix on its last part', () => {
    const cached = { type: 'text', text: 'Long', cache_control: { type: 'ephemeral', ttl: '1h' } };
    expect(sent({ role: 'system', content: 'Long', cacheTtl: '1h' })).toEqual({
      role: 'system',
      content: [cached],
    });
    const parts = [
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
    ] as const;
    expect(sent({ role: 'user', content: parts, cacheTtl: '5m' })).toMatchObject({
      content: [parts[0], { ...parts[1], cache_control: { type: 'ephemeral' } }],
    });
  });

  test('of the developer is one of the system where that role is unknown', () => {
    const message = { role: 'developer', content: 'Be brief' } as const;
    expect(sent(message)).toMatchObject({ role: 'system' });
    expect(sent(message, 'api.openai.com')).toMatchObject({ role: 'developer' });
  });
});

describe('a response format', () => {
  test('of any JSON is named', () => {
    expect(body({ responseFormat: { type: 'json_object' } })).toMatchObject({
      response_format: { type: 'json_object' },
    });
  });

  test('by schema carries it', () => {
    const schema = { type: 'object' };
    expect(body({ responseFormat: { type: 'json_schema', schema, strict: true } })).toMatchObject({
      response_format: {
        type: 'json_schema',
        json_schema: { name: 'answer', schema, strict: true },
      },
    });
  });
});

describe('reasoning', () => {
  test('is asked for by effort', () => {
    expect(body({ reasoning: { effort: 'high' } })).toMatchObject({ reasoning_effort: 'high' });
  });

  test.each([
    [12, 'minimal'],
    [20, 'low'],
    [50, 'medium'],
    [79, 'medium'],
    [80, 'high'],
    [100, 'high'],
  ])('with a budget of %i of 100 tokens is the effort %s', (maxTokens, effort) => {
    expect(body({ maxTokens: 100, reasoning: { maxTokens } })['reasoning_effort']).toBe(effort);
  });

  test('keeps its budget where the service takes one, which takes no effort beside it', () => {
    const sent = (reasoning: NonNullable<ChatRequest['reasoning']>) =>
      body({ reasoning }, 'openrouter.ai')['reasoning'];
    expect(sent({ effort: 'low', maxTokens: 500, exclude: true })).toEqual({ max_tokens: 500 });
    expect(sent({ effort: 'low' })).toEqual({ effort: 'low' });
  });
});

test("OpenAI's own hosts get the cap under its newer name", () => {
  for (const host of ['api.openai.com', 'acme.openai.azure.com']) {
    expect(body({}, host)).toMatchObject({ max_completion_tokens: 64 });
    expect(Object.keys(body({}, host))).not.toContain('max_tokens');
  }
});

test('Mistral gets no field that it does not know', () => {
  const sent = body({ seed: 1, user: 'u' }, 'api.mistral.ai');
  expect(sent).toMatchObject({ random_seed: 1 });
  expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['stream_options']));
  expect(Object.keys(sent)).not.toEqual(expect.arrayContaining(['user']));
});

test('texts are one for services that know no parts, and stay apart where marks are taken', () => {
  const parts = [
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b', cacheTtl: '5m' },
  ] as const;
  const messages = (['system', 'user', 'tool'] as const).map((role) => ({ role, content: parts }));
  expect(body({ messages }, 'api.deepseek.com')).toMatchObject({
    messages: [{ content: 'a\nb' }, { content: 'a\nb' }, { content: 'a\nb' }],
  });
  expect(body({ messages })).toMatchObject({
    messages: [{ content: [{ text: 'a' }, { text: 'b' }] }, {}, {}],
  });
});

test('a result of pictures alone is a text nevertheless', () => {
  const content = [{ type: 'image', url: 'https://example.com/a.png' }] as const;
  expect(body({ messages: [{ role: 'tool', toolCallId: 'call_1', content }] })).toMatchObject({
    messages: [
      { role: 'tool', content: 'It is shown below.' },
      { role: 'user', content: [{ type: 'text' }, { type: 'image_url' }] },
    ],
  });
});

describe('what was thought goes back as text to who refuses a turn without it', () => {
  const turn = (reasoningDetails?: unknown) => ({
    messages: [{ role: 'assistant' as const, content: 'Well.', reasoningDetails }],
  });
  const piece = { type: 'reasoning.text', text: 'Hmm' };

  test.each(['api.deepseek.com', 'api.moonshot.ai', 'api.xiaomimimo.com'])('%s', (host) => {
    const sent = (details?: unknown) => body(turn(details), host)['messages'];
    expect(sent([piece])).toMatchObject([{ reasoning_content: 'Hmm' }]);
    expect(sent(plainThought('Hmm'))).toMatchObject([{ reasoning_content: 'Hmm' }]);
    expect(sent([{ ...piece, signature: 'of another' }])).toMatchObject([
      { reasoning_content: ' ' },
    ]);
    expect(sent()).toMatchObject([{ reasoning_content: ' ' }]);
  });

  test('and to nobody else', () => {
    for (const host of ['api.openai.com', 'openrouter.ai', 'models.example']) {
      expect(body(turn(plainThought('Hmm')), host)['messages']).toEqual([
        { role: 'assistant', content: 'Well.' },
      ]);
    }
  });
});
