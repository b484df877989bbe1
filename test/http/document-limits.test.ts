import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { serve, standIn } from '../harness/stand-in-rooms.ts';

const stand = standIn();
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  server = await serve(stand);
});
afterAll(() => server.close());

const nested = (levels: number): string =>
  levels === 0 ? 'slug' : `endpoints { model { ${nested(levels - 1)} } }`;
const aliases = Array.from({ length: 31 }, (_, index) => `a${index}: platform { name }`);
const fields = Array.from({ length: 1_001 }, () => 'name slug');

/** A document over each limit, under all of the others. */
const documents = {
  DOCUMENT_CHARACTER_LIMIT: `{ platform { name } } #${'x'.repeat(256 * 1024)}`,
  DOCUMENT_LINE_LIMIT: `{ platform { name } } ${'\n'.repeat(5_000)}`,
  DOCUMENT_INTROSPECTION_ALIAS_LIMIT: '{ __schema { types { a: name } } }',
  DOCUMENT_TOKEN_LIMIT: `{ model(slug: "acme/echo") { ${fields.join(' ')} } }`,
  DOCUMENT_DEPTH_LIMIT: `{ model(slug: "acme/echo") { ${nested(6)} } }`,
  DOCUMENT_ALIAS_LIMIT: `{ ${aliases.join(' ')} }`,
  DOCUMENT_COST_LIMIT: `{ models(first: 100) { nodes {
    endpoints { model { endpoints { provider { slug } } } } } } }`,
};

type Extensions = Record<string, unknown>;

async function overHttp(query: string): Promise<Extensions | undefined> {
  const answer = await server.ask(query, { credential: null });
  return answer.errors?.[0]?.extensions;
}

function overSocket(query: string): Promise<Extensions | undefined> {
  const url = `${server.url.replace('http', 'ws')}/graphql`;
  const client = createClient({ url, webSocketImpl: WebSocket, retryAttempts: 0 });
  const first = (errors: unknown) => (errors as { extensions: Extensions }[])[0]?.extensions;
  return new Promise<Extensions | undefined>((resolve) => {
    client.subscribe(
      { query },
      {
        next: ({ errors }) => resolve(first(errors ?? [])),
        error: (errors) => resolve(first(errors)),
        complete: () => resolve(undefined),
      },
    );
  }).finally(() => client.dispose());
}

describe.each([
  ['HTTP', overHttp],
  ['WebSocket', overSocket],
])('a document over a limit is refused over %s, with the limit and its own figure', (_, ask) => {
  it.each(Object.entries(documents))('%s', async (code, query) => {
    const extensions = await ask(query);
    expect(extensions).toMatchObject({ code, requestId: expect.any(String) });
    expect(Number(extensions?.['actual'])).toBeGreaterThan(Number(extensions?.['limit']));
  });

  it('a document is told twenty of its mistakes', async () => {
    const query = `{ ${Array.from({ length: 200 }, (_, at) => `no${at}`).join(' ')} }`;
    const { errors } = await server.ask(query, { credential: null });
    expect(errors).toHaveLength(21); // and that there are more
  });

  it('a cheap operation in front does not hide a dear one', async () => {
    const query = documents.DOCUMENT_COST_LIMIT.replace('{', 'query Dear {');
    const both = `query Cheap { platform { name } } ${query}`;
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query: both, operationName: 'Dear' }),
    });
    expect(await response.json()).toMatchObject({
      errors: [{ extensions: { code: 'DOCUMENT_COST_LIMIT' } }],
    });
  });
});

it.each([
  'models(first: 1000000) { nodes { endpoints { id } } }',
  'rankings(first: 1000000) { rank }',
  'leaderboard(subject: MODEL, first: 1000000) { rank }',
  'model(slug: "acme/echo") { endpoints { priceHistory(first: 1000000) { from } } }',
])('a list of a size that cannot be is refused by that, not by its cost: %s', async (field) => {
  expect(await overHttp(`{ ${field} }`)).toMatchObject({ code: 'INVALID_INPUT', path: ['first'] });
});

it('a document within the limits is answered', async () => {
  expect(await overHttp(`{ model(slug: "acme/echo") { ${nested(4)} } }`)).toBeUndefined();
  expect(await overSocket('{ platform { name } }')).toBeUndefined();
});

it.each([
  'DOCUMENT_DEPTH_LIMIT',
  'DOCUMENT_ALIAS_LIMIT',
  'DOCUMENT_INTROSPECTION_ALIAS_LIMIT',
] as const)('%s holds for a document in an address', async (code) => {
  const query = encodeURIComponent(documents[code]);
  const response = await fetch(`${server.url}/graphql?query=${query}`);
  expect(await response.json()).toMatchObject({ errors: [{ extensions: { code } }] });
});

it('variables in an address that are no JSON are refused as that', async () => {
  const response = await fetch(`${server.url}/graphql?query={platform{name}}&variables={`);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({
    errors: [
      { message: expect.stringContaining('`variables`'), extensions: { code: 'INVALID_INPUT' } },
    ],
  });
});
