import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Market } from '#catalog';
import type { Context, Rooms } from '#schema';
import {
  ofCatalog,
  ofMoment,
  WatchedContext,
} from '../../src/http/graphql/execution/watched-context.ts';
import { keyPrincipal, serve, standIn } from '../harness/stand-in-rooms.ts';

const { market: goods, rooms } = standIn();
let reads = 0;

/** The same market as another object, which counts how often it is searched. */
const counted = (): Market => ({
  ...goods,
  model: (name) => goods.model(name),
  endpoint: (id) => goods.endpoint(id),
  provider: (name) => goods.provider(name),
  search() {
    reads++;
    return goods.models;
  },
});

let market = counted();
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  const catalog = { ...rooms.catalog, market: () => market };
  server = await serve(standIn({ catalog }));
});
afterAll(() => server.close());

async function readsOf(query: string, credential: string | null = null): Promise<number> {
  reads = 0;
  const { errors } = await server.ask(query, { credential });
  expect(errors).toBeUndefined();
  return reads;
}

it('what is asked again is kept for as long as the catalog is the same', async () => {
  const page = `{ models(first: 2, search: "acme") {
    nodes { slug endpoints { pricing { promptPerMillion } } }
  } }`;
  const first = await server.ask(page, { credential: null });
  expect(await readsOf(page)).toBeGreaterThan(0);
  expect(await readsOf(page)).toBe(0);
  expect((await server.ask(page, { credential: null })).data).toEqual(first.data);
  market = counted();
  expect(await readsOf(page)).toBeGreaterThan(0);
  expect(await readsOf(page)).toBeGreaterThan(0);
  expect(await readsOf(page)).toBe(0);
});

it('what the router knows now is looked up each time', async () => {
  const page = '{ models(first: 2, search: "acme") { nodes { endpoints { status } } } }';
  for (const _time of ['first', 'second']) await readsOf(page);
  expect(await readsOf(page)).toBeGreaterThan(0);
});

it('whoever looks at more than the catalog has said so by that', () => {
  const context: Context = {
    rooms,
    principal: keyPrincipal,
    limits: { points: () => rooms.limits.look('points', 1), operations: () => null },
    requestId: 'request',
    signal: new AbortController().signal,
    operationId: null,
    lastEventId: null,
    readOnly: true,
  };
  const kept = (look: (seen: Context) => unknown, shared = ofCatalog) => {
    const seen = new WatchedContext(context, shared);
    look(seen);
    return seen.shareable;
  };
  const names = Object.keys(rooms) as (keyof Rooms)[];
  const harmless = names.filter((name) => kept((seen) => seen.rooms[name]));
  expect(harmless.toSorted()).toEqual(['catalog', 'platform']);
  const ofNow = names.filter((name) => kept((seen) => seen.rooms[name], ofMoment));
  expect(ofNow.toSorted()).toEqual(['catalog', 'clock', 'metrics', 'platform', 'router', 'site']);
  expect(kept(({ principal }) => principal)).toBe(false);
  expect(kept(({ requestId }) => requestId)).toBe(false);
  expect(kept(({ readOnly }) => readOnly)).toBe(true);
});

it('who may ask for less is not given what somebody else was answered', async () => {
  const dear = '{ models(first: 100) { nodes { endpoints { model { slug name author } } } } }';
  const fields = Array.from({ length: 8 }, (_, index) => `a${index}: name`).join(' ');
  const document = dear.replace('slug', `slug ${fields}`);
  for (let asked = 0; asked < 3; asked++) {
    expect((await server.ask(document)).errors).toBeUndefined();
  }
  const refused = await server.ask(document, { credential: null });
  expect(refused.errors?.[0]?.extensions['code']).toBe('DOCUMENT_COST_LIMIT');
});

it('the hundredth answer to one document is like the first, errors and all', async () => {
  const document = `query Both($slug: String!) {
    model(slug: $slug) { slug endpoints { status provider { name } } }
    organization(slug: "acme") { slug }
  }`;
  const ask = async (run: number) => {
    const { data, errors } = await server.ask(document, { variables: { slug: 'acme/echo', run } });
    return {
      data,
      errors: errors?.map(({ extensions: { requestId: _, ...rest }, ...error }) => {
        return { ...error, message: error.message.replace(/[\w.-]{36}/, ''), rest };
      }),
    };
  };
  const first = await ask(0);
  expect(first.errors).toMatchObject([{ path: ['organization'], locations: [{ line: 3 }] }]);
  for (let run = 1; run < 6; run++) expect(await ask(run)).toEqual(first);
});

it('a variable that does not fit is refused in the same words, however often', async () => {
  const document = 'query One($slug: String!) { model(slug: $slug) { slug } }';
  const messages = [];
  for (let run = 0; run < 5; run++) {
    const { errors } = await server.ask(document, { variables: { run } });
    messages.push(errors?.[0]?.message);
  }
  expect(new Set(messages)).toEqual(new Set([expect.stringContaining('"$slug"')]));
});
