import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Customer, customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;

beforeAll(async () => {
  app = await wholeApp();
  acme = await customer(app, '10');
}, 180_000);
afterAll(() => app?.close());

/** What an answer amounts to, whichever door it came through. */
interface Amounts {
  readonly text: string;
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
  readonly prompt: number;
  readonly completion: number;
  readonly cost: number;
}

interface Kind {
  readonly reasons: boolean;
  readonly calls: boolean;
  readonly json: boolean;
}

const kinds: Readonly<Record<string, Kind>> = {
  text: { reasons: false, calls: false, json: false },
  'text with reasoning': { reasons: true, calls: false, json: false },
  'a call of a tool': { reasons: false, calls: true, json: false },
  'structured output': { reasons: false, calls: false, json: true },
};

const asked = 'one two three four';
const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] };
const model = 'sandbox/echo';

async function send(path: string, body: object) {
  const response = await fetch(app.url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${acme.key}` },
    body: JSON.stringify({ model, ...body }),
  });
  expect(response.status).toBe(200);
  return response.json();
}

async function throughGraphql({ reasons, calls, json }: Kind): Promise<Amounts> {
  const { data } = await acme.ask(
    `mutation ($input: CompletionInput!) { complete(input: $input) { ... on CompletePayload {
      text toolCalls { name arguments }
      completion { usage { promptTokens completionTokens charged } } } } }`,
    {
      input: {
        model,
        messages: [{ role: 'USER', content: asked }],
        maxTokens: 200,
        ...(reasons ? { reasoning: { effort: 'LOW' } } : {}),
        ...(calls ? { tools: [{ name: 'look', parameters: schema }], toolChoice: 'look' } : {}),
        ...(json ? { responseFormat: { type: 'JSON_SCHEMA', name: 'city', schema } } : {}),
      },
    },
  );
  const { text, toolCalls, completion } = data.complete;
  const { promptTokens: prompt, completionTokens, charged } = completion.usage;
  return {
    text,
    calls: toolCalls.map((call: { name: string; arguments: string }) => ({
      name: call.name,
      input: JSON.parse(call.arguments),
    })),
    prompt,
    completion: completionTokens,
    cost: Number(charged),
  };
}

async function throughChat({ reasons, calls, json }: Kind): Promise<Amounts> {
  const answer = await send('/v1/chat/completions', {
    messages: [{ role: 'user', content: asked }],
    max_tokens: 200,
    ...(reasons ? { reasoning: { effort: 'low' } } : {}),
    ...(calls
      ? {
          tools: [{ type: 'function', function: { name: 'look', parameters: schema } }],
          tool_choice: { type: 'function', function: { name: 'look' } },
        }
      : {}),
    ...(json
      ? { response_format: { type: 'json_schema', json_schema: { name: 'city', schema } } }
      : {}),
  });
  const { message } = answer.choices[0];
  return {
    text: message.content ?? '',
    calls: (message.tool_calls ?? []).map(
      ({ function: called }: { function: { name: string; arguments: string } }) => ({
        name: called.name,
        input: JSON.parse(called.arguments),
      }),
    ),
    prompt: answer.usage.prompt_tokens,
    completion: answer.usage.completion_tokens,
    cost: answer.usage.cost,
  };
}

async function throughMessages({ reasons, calls, json }: Kind): Promise<Amounts> {
  const answer = await send('/v1/messages', {
    messages: [{ role: 'user', content: asked }],
    max_tokens: 200,
    ...(reasons ? { thinking: { type: 'adaptive' }, output_config: { effort: 'low' } } : {}),
    ...(calls
      ? {
          tools: [{ name: 'look', input_schema: schema }],
          tool_choice: { type: 'tool', name: 'look' },
        }
      : {}),
    ...(json ? { output_config: { format: { type: 'json_schema', schema } } } : {}),
  });
  type Block = { type: string; text?: string; name: string; input: unknown };
  return {
    text: answer.content.map(({ text }: Block) => text ?? '').join(''),
    calls: answer.content.flatMap(({ type, name, input }: Block) =>
      type === 'tool_use' ? [{ name, input }] : [],
    ),
    prompt: answer.usage.input_tokens,
    completion: answer.usage.output_tokens,
    cost: answer.usage.cost,
  };
}

async function throughResponses({ reasons, calls, json }: Kind): Promise<Amounts> {
  const answer = await send('/v1/responses', {
    input: asked,
    max_output_tokens: 200,
    ...(reasons ? { reasoning: { effort: 'low' } } : {}),
    ...(calls
      ? {
          tools: [{ type: 'function', name: 'look', parameters: schema }],
          tool_choice: { type: 'function', name: 'look' },
        }
      : {}),
    ...(json ? { text: { format: { type: 'json_schema', name: 'city', schema } } } : {}),
  });
  type Item = { type: string; name: string; arguments: string };
  return {
    text: answer.output_text,
    calls: answer.output.flatMap((item: Item) =>
      item.type === 'function_call' ? [{ name: item.name, input: JSON.parse(item.arguments) }] : [],
    ),
    prompt: answer.usage.input_tokens,
    completion: answer.usage.output_tokens,
    cost: answer.usage.cost,
  };
}

describe('the same through every door: text, calls, tokens and charge', () => {
  it.each(Object.entries(kinds))('%s', async (_title, kind) => {
    const one = await throughGraphql(kind);
    expect(one.cost).toBeGreaterThan(0);
    expect(await throughChat(kind)).toEqual(one);
    expect(await throughMessages(kind)).toEqual(one);
    expect(await throughResponses(kind)).toEqual(one);
  });
});

it('vectors through both doors: the same numbers and charge', async () => {
  const input = ['one two', 'three'];
  const { data } = await acme.ask(
    `mutation ($input: EmbedInput!) { embed(input: $input) { ... on EmbedPayload {
      vectors completion { usage { promptTokens charged } } } } }`,
    { input: { model: 'sandbox/embed', input } },
  );
  const { vectors, completion } = data.embed;
  const answer = await send('/v1/embeddings', { model: 'sandbox/embed', input });
  expect(answer.data.map((one: { embedding: number[] }) => one.embedding)).toEqual(vectors);
  expect(answer.usage.prompt_tokens).toBe(completion.usage.promptTokens);
  expect(answer.usage.cost).toBe(Number(completion.usage.charged));
  expect(Number(completion.usage.charged)).toBeGreaterThan(0);
});
