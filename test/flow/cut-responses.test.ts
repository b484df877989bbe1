import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Customer, customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;

beforeAll(async () => {
  app = await wholeApp();
  acme = await customer(app, '10');
}, 180_000);
afterAll(() => app?.close());

type Item = Record<string, unknown>;

const parameters = { type: 'object', properties: { city: { minLength: 99 } } };
const look = { type: 'function', name: 'look', parameters };

const asked: readonly [title: string, body: object, types: string[]][] = [
  ['a text', { max_output_tokens: 2 }, ['message']],
  ['a call', { tools: [look], tool_choice: 'required', max_output_tokens: 2 }, ['function_call']],
];

async function respond(body: object): Promise<string> {
  const response = await fetch(`${app.url}/v1/responses`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${acme.key}` },
    body: JSON.stringify({ model: 'sandbox/echo', input: 'one two three four five', ...body }),
  });
  expect(response.status).toBe(200);
  return response.text();
}

it.each(asked)('%s that is cut is an item that is not complete', async (_title, body, types) => {
  const answer = JSON.parse(await respond(body));
  expect(answer).toMatchObject({ status: 'incomplete', completed_at: null });
  expect(answer.output.map(({ type }: Item) => type)).toEqual(types);
  expect(answer.output.at(-1).status).toBe('incomplete');
});

it.each(asked)('%s that is cut is none in a stream either', async (_title, body, types) => {
  const events: { type: string; item: Item; response: { output: Item[] } }[] = [];
  for (const [, data] of (await respond({ ...body, stream: true })).matchAll(/^data: (.*)$/gm)) {
    events.push(JSON.parse(data ?? ''));
  }
  const done = events.filter(({ type }) => type === 'response.output_item.done');
  const items = done.map(({ item }) => item);
  expect(items.map(({ type }) => type)).toEqual(types);
  expect(items.at(-1)?.['status']).toBe('incomplete');
  expect(events.at(-1)).toMatchObject({ type: 'response.incomplete', response: { output: items } });
});

it('a thought that is cut has no text behind it, whole or in a stream', async () => {
  const body = { reasoning: { effort: 'high' }, max_output_tokens: 2 };
  const { status, output } = JSON.parse(await respond(body));
  expect([status, output]).toMatchObject(['incomplete', [{ type: 'reasoning' }]]);
  expect(await respond({ ...body, stream: true })).not.toContain('"type":"message"');
});

it('what is whole is complete', async () => {
  const { output } = JSON.parse(await respond({}));
  expect(output).toMatchObject([{ type: 'message', status: 'completed' }]);
});
