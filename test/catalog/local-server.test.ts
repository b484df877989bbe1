import { expect, it } from 'vitest';
import { listLocalModels, localAddress, localRows } from '../../src/catalog/local-server.ts';
import { marketOf } from './market-maker.ts';

const url = 'http://127.0.0.1:11434';
const signal = new AbortController().signal;
const at = new Date('2026-11-24T00:00:00Z');
const answering =
  (body: unknown): typeof fetch =>
  async () =>
    Response.json(body);

it.each([url, `${url}/`, `${url}/v1`, `${url}/v1/`])('%s is spoken to at its /v1', (address) => {
  expect(localAddress(address)).toBe(`${url}/v1`);
});

it('what the server lists is offered at price 0, under names that are slugs', async () => {
  const data = [{ id: 'llama3.2:3b' }, { id: 'Qwen/Qwen3-8B', max_model_len: 40_960 }];
  const models = await listLocalModels(url, answering({ object: 'list', data }), signal);
  const market = marketOf(localRows(url, models, at));
  expect(market.models.map(({ slug }) => slug)).toEqual([
    'ollama/llama3.2-3b',
    'ollama/qwen-qwen3-8b',
  ]);
  expect(market.model('ollama/qwen-qwen3-8b')?.contextLength).toBe(40_960);
  const [endpoint] = market.model('ollama/llama3.2-3b')?.endpoints ?? [];
  expect(endpoint?.upstreamModel).toBe('llama3.2:3b');
  expect(endpoint?.pricing).toMatchObject({ prompt: 0n, completion: 0n });
});

it.each([-1, 0, 2 ** 40, 0.5, 'many'])(
  'a context of %s is none that a server says',
  async (said) => {
    const data = [{ id: 'llama3.2:3b', max_model_len: said }];
    const models = await listLocalModels(url, answering({ data }), signal);
    const market = marketOf(localRows(url, models, at));
    expect(market.model('ollama/llama3.2-3b')?.contextLength).toBe(8_192);
  },
);

it('a server that has no models yet is there without any', async () => {
  const models = await listLocalModels(url, answering({ data: [] }), signal);
  expect(marketOf(localRows(url, models, at)).provider('ollama')?.endpoints).toEqual([]);
});

it.each([
  ['another form', answering({ models: [] })],
  ['no connection', async () => Promise.reject(new TypeError('fetch failed'))],
])('an answer of %s is no list', async (_what, get) => {
  const failed = listLocalModels(url, get as typeof fetch, signal);
  await expect(failed).rejects.toMatchObject({ code: 'UNAVAILABLE' });
});
