import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import {
  type ChatMessage,
  type ChatRequest,
  openConnectors,
  type UpstreamEvent,
  UpstreamFault,
  wholeThoughts,
} from '#upstream';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { callTo, outcomeOf, pulled } from './calls.ts';

const connectors = openConnectors({ clock: systemClock, log: silentLog });

let stub: UpstreamStub;
beforeEach(async () => {
  stub = await stubUpstream();
});
afterEach(() => stub.close());

function send(name: string, request: Partial<ChatRequest> = {}, baseUrl = stub.url) {
  const connector = connectors(name);
  if (!connector) throw new TypeError(`no connector ${name}`);
  return outcomeOf(pulled(connector, callTo(baseUrl, { request })));
}

function answerWithRecorded(file: string): void {
  const bytes = readFileSync(new URL(`fixtures/${file}`, import.meta.url));
  stub.answerWith(async (answer) => {
    answer.head(200, { 'content-type': 'text/event-stream' });
    // Cut inside a character: a read is no event.
    for (let at = 0; at < bytes.length; at += 97) await answer.write(bytes.subarray(at, at + 97));
    answer.end();
  });
}

const anthropicThought = {
  type: 'reasoning.text',
  text: 'The weather in Łódź, then.',
  format: 'anthropic-claude-v1',
  signature: 'EqQBCkYIBxgC',
};
/** As it was told before the field's words were. */
const formerThought = {
  format: 'ai-sdk/anthropic',
  type: 'reasoning',
  text: anthropicThought.text,
  metadata: { anthropic: { signature: anthropicThought.signature } },
};
const pieces = [
  { ...anthropicThought, text: 'The weather ', signature: undefined },
  { ...anthropicThought, text: 'in Łódź, then.' },
];

/** As Anthropic says it. */
const saysHi = (usage: object) => [
  { type: 'message_start', message: { id: 'm', model: 'c', role: 'assistant', usage } },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
  { type: 'content_block_stop', index: 0 },
  { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage },
  { type: 'message_stop' },
];

test('an answer that says that it is over is over, though its connection stays open', async () => {
  stub.answerWith((reply) => reply.sse(...saysHi({ input_tokens: 9, output_tokens: 2 })));
  const { text, events, thrown } = await send('anthropic');
  expect(thrown).toBeUndefined();
  expect(text).toBe('Hi');
  expect(events.at(-1)).toEqual({ type: 'finish', reason: { unified: 'STOP', raw: 'end_turn' } });
});

describe('usage that is none', () => {
  test.each([
    ['below zero', { input_tokens: -9, output_tokens: 2 }],
    ['in pieces', { input_tokens: 9, output_tokens: 2.5 }],
    ['without end', { input_tokens: 1e300, output_tokens: 2 }],
    ['of a cache below zero', { input_tokens: 9, output_tokens: 2, cache_read_input_tokens: -4 }],
  ])('is not told on: %s', async (_what, usage) => {
    stub.answerWith(async (reply) => {
      await reply.sse(...saysHi(usage));
      reply.end();
    });
    const { events, text } = await send('anthropic');
    expect(text).toBe('Hi');
    expect(events.filter(({ type }) => type === 'usage')).toEqual([]);
  });
});

describe('recorded answers', () => {
  test("Anthropic's: thinking with its signature, text, a tool call, cached tokens", async () => {
    answerWithRecorded('anthropic-thinking-tools.sse');
    const { events, thrown } = await send('anthropic');
    expect(thrown).toBeUndefined();
    expect(joined(events)).toEqual([
      { type: 'reasoning', text: anthropicThought.text, details: [anthropicThought] },
      { type: 'text', text: 'I look it up.' },
      {
        type: 'toolCall',
        index: 0,
        callId: 'toolu_01',
        name: 'get_weather',
        arguments: '{"city": "Łódź"}',
      },
      {
        type: 'usage',
        usage: { prompt: 361, completion: 53, cacheRead: 300, cacheWrite: 40, reasoning: 0 },
      },
      { type: 'finish', reason: { unified: 'TOOL_CALLS', raw: 'tool_use' } },
    ]);
  });

  test("Google's: the signature of a tool call, and its thinking counted", async () => {
    answerWithRecorded('google-thinking-tools.sse');
    const { events, thrown } = await send('google');
    expect(thrown).toBeUndefined();
    const [thought, call, block, usage, finish] = joined(events);
    expect(thought).toEqual({ type: 'reasoning', text: 'The weather, then.' });
    expect(call).toMatchObject({ name: 'get_weather', arguments: '{"city":"Łódź"}' });
    expect(block).toMatchObject({
      details: [{ type: 'toolCall', metadata: { google: { thoughtSignature: 'EpEgCo4gAb4' } } }],
    });
    expect(usage).toEqual({
      type: 'usage',
      usage: { prompt: 29, completion: 46, cacheRead: 12, cacheWrite: 0, reasoning: 31 },
    });
    expect(finish).toMatchObject({ reason: { unified: 'TOOL_CALLS', raw: 'STOP' } });
  });

  test("Cohere's: text, and tokens as they are billed", async () => {
    answerWithRecorded('cohere-text.sse');
    const { events, text } = await send('cohere');
    expect(text).toBe('Grüße aus dem 市場');
    expect(events.at(-1)).toMatchObject({ reason: { unified: 'STOP', raw: 'COMPLETE' } });
  });

  test.each([
    ['anthropic', 'anthropic-thinking-tools.sse'],
    ['google', 'google-thinking-tools.sse'],
    ['cohere', 'cohere-text.sse'],
  ])("%s's, broken off before its end, keeps what was said and never ends", async (name, file) => {
    const bytes = readFileSync(new URL(`fixtures/${file}`, import.meta.url));
    stub.answerWith(async (answer) => {
      answer.head(200, { 'content-type': 'text/event-stream' });
      await answer.write(bytes.subarray(0, bytes.lastIndexOf('data:')));
      answer.end();
    });
    const { events, thrown } = await send(name);
    expect(events.some(({ type }) => type === 'text' || type === 'reasoning')).toBe(true);
    expect(events.some(({ type }) => type === 'finish')).toBe(false);
    expect(thrown).toMatchObject({ failure: 'CUT' });
  });

  test('an error inside a stream is told by its own words', async () => {
    stub.answerWith(async (answer) => {
      const bytes = readFileSync(new URL('fixtures/anthropic-thinking-tools.sse', import.meta.url));
      answer.head(200, { 'content-type': 'text/event-stream' });
      await answer.write(bytes.subarray(0, bytes.indexOf('event: content_block_stop')));
      const error = { type: 'overloaded_error', message: 'Overloaded' };
      await answer.write(`event: error\ndata: ${JSON.stringify({ type: 'error', error })}\n\n`);
      answer.end();
    });
    const { events, thrown } = await send('anthropic');
    expect(events[0]).toMatchObject({ type: 'reasoning' });
    expect(thrown).toMatchObject({ failure: 'OVERLOADED', providerMessage: 'Overloaded' });
  });
});

describe('requests', () => {
  const tools = [{ name: 'get_weather', description: 'Weather', parameters: { type: 'object' } }];
  const turn: ChatMessage[] = [
    { role: 'system', content: 'Be brief.', cacheTtl: '1h' },
    { role: 'user', content: 'Weather?' },
    {
      role: 'assistant',
      content: 'I look it up.',
      toolCalls: [{ id: 'toolu_01', name: 'get_weather', arguments: '{"city":"Łódź"}' }],
      reasoningDetails: [anthropicThought, { type: 'reasoning.text', text: 'of another wire' }],
    },
    { role: 'tool', toolCallId: 'toolu_01', content: 'Rain' },
  ];

  test.each([
    ['whole', [anthropicThought]],
    ['in pieces', pieces],
    ['in the former words', [formerThought]],
  ])('a tool turn gives Anthropic its thinking back %s, signed, and its mark', async (_, said) => {
    answerWithRecorded('anthropic-thinking-tools.sse');
    const messages = turn.map((one) =>
      one.reasoningDetails ? { ...one, reasoningDetails: said } : one,
    );
    await send('anthropic', { messages, tools, parallelToolCalls: false });
    const { path, headers, body } = stub.requests[0] ?? {};
    expect(path).toBe('/v1/messages');
    expect(headers?.['x-api-key']).toBe('sk-stub-credential-0123456789');
    expect(body).toMatchObject({
      system: [{ text: 'Be brief.', cache_control: { type: 'ephemeral', ttl: '1h' } }],
      messages: [
        { role: 'user' },
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: anthropicThought.text, signature: 'EqQBCkYIBxgC' },
            { type: 'text', text: 'I look it up.' },
            { type: 'tool_use', id: 'toolu_01', input: { city: 'Łódź' } },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_01' }] },
      ],
      tool_choice: { disable_parallel_tool_use: true },
    });
    expect(JSON.stringify(body)).not.toContain('another wire');
  });

  test('pictures and files go along, as bytes and by address', async () => {
    answerWithRecorded('anthropic-thinking-tools.sse');
    const parts = [
      { type: 'image', url: 'https://example.com/a.png' },
      { type: 'image', url: 'data:image/png;base64,iVBORw0KGgo=' },
      { type: 'file', data: 'JVBERi0=', mediaType: 'application/pdf', filename: 'a.pdf' },
    ] as const;
    await send('anthropic', { messages: [{ role: 'user', content: parts }] });
    expect(stub.requests[0]?.body).toMatchObject({
      messages: [
        {
          content: [
            { type: 'image', source: { type: 'url', url: 'https://example.com/a.png' } },
            { type: 'image', source: { type: 'base64', media_type: 'image/png' } },
            { type: 'document', source: { media_type: 'application/pdf', data: 'JVBERi0=' } },
          ],
        },
      ],
    });
  });

  test('an address of data without a comma is read in one pass', async () => {
    answerWithRecorded('anthropic-thinking-tools.sse');
    const image = { type: 'image', url: `data:image/${'a'.repeat(300_000)}` } as const;
    await send('anthropic', { messages: [{ role: 'user', content: [image] }] });
    expect(stub.requests.length).toBe(1);
  });

  test('sound goes to Google as it is', async () => {
    answerWithRecorded('google-thinking-tools.sse');
    const audio = { type: 'audio', data: 'UklGRg==', mediaType: 'audio/wav' } as const;
    await send('google', { messages: [{ role: 'user', content: [audio] }] });
    expect(stub.requests[0]?.body).toMatchObject({
      contents: [{ parts: [{ inlineData: { mimeType: 'audio/wav', data: 'UklGRg==' } }] }],
    });
  });

  test.each([
    ['anthropic', 'claude-sonnet-4-5', { effort: 'high' }],
    ['anthropic', 'claude-sonnet-4-5', { maxTokens: 8_000 }],
    ['anthropic', 'claude-unheard-of', {}],
    ['google', 'gemini-3-pro-preview', { effort: 'high' }],
    ['amazon-bedrock', 'anthropic.claude-sonnet-4-5-20250929-v1:0', { maxTokens: 8_000 }],
    ['cohere', 'command-a-03-2025', { maxTokens: 800 }],
  ] as const)(
    'the output cap of %s for %s holds with thinking %j',
    async (name, model, reasoning) => {
      stub.answerWith((answer) => answer.json(500, {}));
      const connector = connectors(name);
      const call = callTo(stub.url, {
        request: { maxTokens: 4_096, reasoning },
        target: { model },
      });
      if (connector) await outcomeOf(pulled(connector, call));
      const body = stub.requests[0]?.body as {
        max_tokens?: number;
        generationConfig?: { maxOutputTokens: number };
        inferenceConfig?: { maxTokens: number };
      };
      const cap =
        body.max_tokens ??
        body.generationConfig?.maxOutputTokens ??
        body.inferenceConfig?.maxTokens;
      expect(cap).toBe(4_096);
    },
  );

  test('Google is asked for a picture, and what it paints is told as an address', async () => {
    const parts = [{ text: 'Here.' }, { inlineData: { mimeType: 'image/png', data: 'iVBORw0K' } }];
    const candidates = [{ content: { role: 'model', parts }, finishReason: 'STOP', index: 0 }];
    stub.answerWith(async (answer) => {
      await answer.sse({ candidates });
      answer.end();
    });
    const { events } = await send('google', { modalities: ['text', 'image'] });
    expect(events).toContainEqual({ type: 'image', url: 'data:image/png;base64,iVBORw0K' });
    expect(stub.requests[0]?.body).toMatchObject({
      generationConfig: { responseModalities: ['TEXT', 'IMAGE'] },
    });
  });

  test('a schema goes to Google and to Anthropic', async () => {
    const schema = { type: 'object', properties: { city: { type: 'string' } } };
    const responseFormat = { type: 'json_schema', name: 'place', schema } as const;
    answerWithRecorded('google-thinking-tools.sse');
    await send('google', { responseFormat });
    await send('anthropic', { responseFormat });
    expect(stub.requests[0]?.body).toMatchObject({
      generationConfig: { responseMimeType: 'application/json' },
    });
    expect(JSON.stringify(stub.requests[1]?.body)).toContain('"city"');
  });
});

describe.each(['openai-compatible', 'azure', 'anthropic', 'google', 'google-vertex'])(
  'an error of %s says which provider, what it said, and what to do',
  (name) => sayItAll(name),
);
describe.each(['amazon-bedrock', 'cohere', 'mistral', 'xai', 'groq', 'deepseek', 'togetherai'])(
  'an error of %s says which provider, what it said, and what to do',
  (name) => sayItAll(name),
);
describe.each(['fireworks', 'cerebras', 'perplexity', 'deepinfra'])(
  'an error of %s says which provider, what it said, and what to do',
  (name) => sayItAll(name),
);

function sayItAll(name: string): void {
  const sentence = async (baseUrl?: string) => {
    const { thrown } = await send(name, {}, baseUrl);
    expect(thrown).toBeInstanceOf(UpstreamFault);
    return (thrown as UpstreamFault).of('Acme Inference').public;
  };

  test('for a wrong credential', async () => {
    stub.answerWith((answer) =>
      answer.json(401, { error: { type: 'authentication_error', message: 'Unknown key.' } }),
    );
    expect(await sentence()).toBe(
      "Acme Inference refused the platform's credential (status 401). It said: Unknown key. " +
        'Only the operator can mend that; another provider may serve the model.',
    );
  });

  test('for an unknown model', async () => {
    stub.answerWith((answer) =>
      answer.json(404, { error: { type: 'not_found_error', message: 'No model stub' } }),
    );
    expect(await sentence()).toBe(
      'Acme Inference does not know this model at its address (status 404). ' +
        'It said: No model stub. ' +
        'Only the operator can mend that; another provider may serve the model.',
    );
  });

  test('for a host that cannot be reached', async () => {
    const gone = stub.url;
    await stub.close();
    expect(await sentence(gone)).toBe(
      'Acme Inference could not be reached. Try again, or allow another provider. ' +
        'The operator should check its base URL.',
    );
    stub = await stubUpstream();
  });
}

/** Neighbouring fragments of one kind as one. */
function joined(events: readonly UpstreamEvent[]): UpstreamEvent[] {
  const all: UpstreamEvent[] = [];
  for (const event of events) {
    const last = all.at(-1);
    if (event.type === 'toolCall' && last?.type === 'toolCall' && last.index === event.index) {
      all[all.length - 1] = { ...last, arguments: last.arguments + event.arguments };
    } else if (
      event.type === 'reasoning' &&
      last?.type === 'reasoning' &&
      !event.details === !last.details
    ) {
      const details = wholeThoughts([last.details ?? [], event.details ?? []].flat());
      const text = last.text + event.text;
      all[all.length - 1] = { type: 'reasoning', text, ...(last.details ? { details } : {}) };
    } else all.push(event);
  }
  return all;
}
