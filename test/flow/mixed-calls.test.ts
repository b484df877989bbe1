import Anthropic from '@anthropic-ai/sdk';
import OpenAI from 'openai';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  chunk,
  endMark,
  finishChunk,
  type StubAnswer,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, { model: 'acme/writer', provider: 'first', baseUrl: upstream.url });
  acme = await customer(app, '1000');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

const called = (index: number, text: string) =>
  chunk({ tool_calls: [{ index, function: { arguments: text } }] });
const named = (index: number, id: string, text = '') =>
  chunk({
    tool_calls: [{ index, id, type: 'function', function: { name: 'look', arguments: text } }],
  });

const schema = { type: 'object' as const, properties: { city: { type: 'string' } } };
const model = 'acme/writer';

/** What a client makes of a stream: what was said, and each call. */
type Read = () => Promise<{ text: string; calls: [string, string, unknown][] }>;

const throughMessages: Read = async () => {
  const client = new Anthropic({ baseURL: app.url, authToken: acme.key, apiKey: null });
  const { content } = await client.messages
    .stream({
      model,
      max_tokens: 100,
      messages: [{ role: 'user', content: 'hi' }],
      tools: [{ name: 'look', input_schema: schema }],
    })
    .finalMessage();
  return {
    text: content.map((block) => (block.type === 'text' ? block.text : '')).join(''),
    calls: content.flatMap((block) =>
      block.type === 'tool_use' ? [[block.id, block.name, block.input]] : [],
    ),
  };
};

const throughResponses: Read = async () => {
  const client = new OpenAI({ baseURL: `${app.url}/v1`, apiKey: acme.key });
  const tools = [{ type: 'function' as const, name: 'look', parameters: schema, strict: null }];
  const answer = client.responses.stream({ model, input: 'hi', tools, store: false });
  const { output, output_text: text } = await answer.finalResponse();
  return {
    text,
    calls: output.flatMap((item) =>
      item.type === 'function_call' ? [[item.call_id, item.name, JSON.parse(item.arguments)]] : [],
    ),
  };
};

const wholly = [
  ['call_a', 'look', { city: 'Accra' }],
  ['call_b', 'look', { city: 'Bonn' }],
];

describe.each([
  ['messages', throughMessages],
  ['responses', throughResponses],
])('%s', (_door, read) => {
  const saying = (...chunks: unknown[]) =>
    upstream.answerWith(async (answer: StubAnswer) => {
      await answer.sse(...chunks, finishChunk('tool_calls'), usageChunk(5, 9), endMark);
      answer.end();
    });

  it('calls whose arguments come mixed are whole calls, with what was said between', async () => {
    saying(
      textChunk('I look.'),
      named(0, 'call_a', '{"city":'),
      named(1, 'call_b'),
      called(0, '"Acc'),
      called(1, '{"city":'),
      textChunk(' Both.'),
      called(0, 'ra"}'),
      called(1, '"Bonn"}'),
    );
    expect(await read()).toEqual({ text: 'I look. Both.', calls: wholly });
  });

  it('so are calls that are all announced before their arguments come', async () => {
    saying(
      named(0, 'call_a'),
      named(1, 'call_b'),
      called(0, '{"city":"Accra"}'),
      called(1, '{"city":"Bonn"}'),
    );
    expect(await read()).toEqual({ text: '', calls: wholly });
  });
});
