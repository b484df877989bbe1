import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import {
  chunk,
  endMark,
  finishChunk,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  wholeAnswer,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

/** As large as they come: more than all the text that a short answer may have. */
const url = `data:image/png;base64,${'iVBORw0K'.repeat(250_000)}`;
const images = [{ type: 'image_url', image_url: { url } }];

/** Whether they are those pictures: a difference would print megabytes. */
const same = (told: unknown) => JSON.stringify(told).replaceAll(url, '…');
const whole = JSON.stringify([{ type: 'image_url', index: 0, image_url: { url: '…' } }]);
const usage = { prompt_tokens: 5, completion_tokens: 1_292, total_tokens: 1_297 };

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  const place = { provider: 'studio', baseUrl: upstream.url };
  await offer(app.admin, { ...place, model: 'acme/writer' });
  await offer(app.admin, { ...place, model: 'acme/painter' });
  await app.admin.ask(`mutation {
    upsertModel(input: {
      slug: "acme/painter", name: "Painter", author: "acme", contextLength: 100000
      inputModalities: [TEXT, IMAGE], outputModalities: [TEXT, IMAGE]
    }) { __typename }
    upsertEndpoint(input: {
      model: "acme/painter", provider: "studio", upstreamModel: "stub", supportedParameters: []
      pricing: { promptPerToken: "0.001", completionPerToken: "0.002", perImage: "0" }
    }) { __typename }
  }`);
  acme = await customer(app, '100');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});
beforeEach(() =>
  upstream.answerWith(async (answer, request) => {
    const message = { content: '', images };
    if (request.body['stream'] !== true) {
      return answer.json(200, { ...(wholeAnswer(message) as object), usage });
    }
    await answer.sse(textChunk('Here.'), chunk(message), finishChunk());
    await answer.sse({ choices: [], usage }, endMark);
    answer.end();
  }),
);

async function ask(body: object) {
  const response = await fetch(`${app.url}/v1/chat/completions`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${acme.key}` },
    body: JSON.stringify({ model: 'acme/painter', modalities: ['image', 'text'], ...body }),
  });
  return { status: response.status, text: await response.text() };
}

const messages = [{ role: 'user', content: 'Paint' }];
/** At the prices of `offer`, and 5 per cent. */
const cost = 5 * 0.001_05 + 1_292 * 0.002_1;

it('a picture alone is an answer: it is delivered, counted as told, and charged', async () => {
  const { status, text } = await ask({ messages });
  expect(status).toBe(200);
  const { choices, usage: told } = JSON.parse(text);
  expect(same(choices[0].message.images)).toBe(whole);
  expect(choices[0].finish_reason).toBe('stop');
  expect(told.completion_tokens).toBe(usage.completion_tokens);
  expect(told.cost).toBeCloseTo(cost, 9);
  expect(upstream.requests.at(-1)?.body['modalities']).toEqual(['image', 'text']);
  await ask({ messages, modalities: ['text'] });
  expect(upstream.requests.at(-1)?.body).not.toHaveProperty('modalities');
});

it('a stream brings it in its last delta', async () => {
  const { text } = await ask({ messages, stream: true });
  const chunks = text.split('\n\n').filter((event) => event.startsWith('data: {'));
  const deltas = chunks.flatMap((event) => JSON.parse(event.slice(6)).choices);
  expect(same(deltas.at(-1).delta.images)).toBe(whole);
  expect(deltas.at(-1).finish_reason).toBe('stop');
  expect(deltas[0].delta.content).toBe('Here.');
});

it('an earlier picture goes back to the service that made it', async () => {
  const answer = { role: 'assistant', content: 'Here.', images };
  await ask({ messages: [...messages, answer, { role: 'user', content: 'Bluer' }] });
  const sent = upstream.requests.at(-1)?.body['messages'] as Record<string, unknown>[];
  expect(sent[1]?.['content']).toEqual([{ type: 'text', text: 'Here.' }]);
  expect(same(sent[1]?.['images'])).toBe(same(images));
});

it('a model that paints nothing is ruled out when a picture is wanted', async () => {
  const before = upstream.requests.length;
  const { status, text } = await ask({ model: 'acme/writer', messages });
  expect(status).toBe(404);
  expect(text).toContain('acme/writer gives no image output');
  const sound = await ask({ messages, modalities: ['text', 'audio'] });
  expect(sound.status).toBe(400);
  expect(sound.text).toContain('Accepted: text, image');
  expect(upstream.requests.length).toBe(before);
});
