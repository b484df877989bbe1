import { get } from 'node:http';
import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { key, serve, standIn } from '../harness/stand-in-rooms.ts';

const stand = standIn();
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  server = await serve(stand);
});
afterAll(() => server.close());

describe('GraphQL over HTTP is spoken to the letter', () => {
  for (const audit of serverAudits({ url: () => `${server.url}/graphql`, fetchFn: fetch })) {
    it(audit.name, async () => {
      const result = await audit.fn();
      if (result.status !== 'ok') expect(`${result.status}: ${result.reason}`).toBe('ok');
    });
  }
});

const post = (body: BodyInit, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body,
  });

it('an unknown key is refused with 401 and UNAUTHENTICATED', async () => {
  const answer = await server.ask('{ platform { name } }', { credential: 'sk-bourse-wrong' });
  expect(answer.status).toBe(401);
  expect(answer.errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
});

it.each([
  ['a text that is no document', '{ nonsense', 'GRAPHQL_PARSE_FAILED'],
  ['a field that is not there', '{ nonsense }', 'GRAPHQL_VALIDATION_FAILED'],
  ['a value of another type', 'query ($id: ID!) { node(id: $id) { id } }', 'INVALID_INPUT'],
])('%s is refused with its code', async (_, query, code) => {
  const { errors } = await server.ask(query, { variables: { id: {} } });
  expect(errors).toMatchObject([{ extensions: { code } }]);
});

it.each([
  'query ($none: Int) { rankings(first: $none) { rank } }',
  'query ($none: Boolean) { models(filter: { includeDeprecated: $none }) { totalCount } }',
  'subscription ($none: Int) { rankings(first: $none) { rank } }',
])(
  'null from a variable where a default stands is the mistake of its sender: %s',
  async (query) => {
    for (let use = 0; use < 4; use++) {
      const answer = await post(JSON.stringify({ query, variables: { none: null } }), {
        Accept: query.startsWith('query') ? 'application/json' : 'text/event-stream',
      });
      const text = await answer.text();
      expect(JSON.parse(/\{.*\}/.exec(text)?.[0] ?? '').errors).toMatchObject([
        { message: expect.stringContaining('Argument'), extensions: { code: 'INVALID_INPUT' } },
      ]);
    }
  },
);

it('a body above 10 MiB is refused with 413, also when its length is not announced', async () => {
  const large = JSON.stringify({ query: `{ platform { name } } #${'x'.repeat(11 * 1024 * 1024)}` });
  expect((await post(large)).status).toBe(413);
  const stream = new Blob([large]).stream();
  const unannounced = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: stream,
    duplex: 'half',
  } as RequestInit);
  expect(unannounced.status).toBe(413);
});

it('a form of a foreign page does not reach an operation', async () => {
  const form = await post('query=%7Bplatform%7Bname%7D%7D', {
    'Content-Type': 'application/x-www-form-urlencoded',
  });
  expect(form.status).toBe(415);
});

it.each([
  ['an answer in a form that is not made', { Accept: 'image/png' }, 406, 'application/json'],
  [
    'a body in a form that is not read',
    { 'Content-Type': 'application/xml' },
    415,
    'application/json',
  ],
  ['a body in no form', { 'Content-Type': '' }, 415, 'application/json'],
])('%s is refused with words that say what is right', async (_, headers, status, words) => {
  const answer = await post(JSON.stringify({ query: '{ platform { name } }' }), headers);
  expect(answer.status).toBe(status);
  expect((await answer.json()).errors[0].message).toContain(words);
});

describe('a subscription over HTTP', () => {
  const query =
    'subscription { completion(input: { model: "acme/echo", messages: [] }) { __typename } }';
  const subscribe = (Accept: string) =>
    post(JSON.stringify({ query }), { Accept, Authorization: `Bearer ${key}` });

  it('goes to whoever takes anything as events with ids', async () => {
    const answer = subscribe('*/*');
    while (!stand.runs[0]) await new Promise((resolve) => setImmediate(resolve));
    stand.runs[0].start();
    stand.runs[0].finish();
    const text = await (await answer).text();
    expect(text).toContain('id: cmp_');
    expect(text).toContain('event: complete');
    stand.runs.length = 0;
  });

  it('is refused where events are not taken, and starts nothing', async () => {
    const answer = await subscribe('application/json');
    expect(answer.status).toBe(406);
    expect((await answer.json()).errors[0].message).toContain('Accept: text/event-stream');
    expect(stand.runs).toEqual([]);
  });

  it.each([
    '($wanted: Boolean!) { rankings(first: 1) @include(if: $wanted) { rank } }',
    '($wanted: Boolean!) { ...Ranks @skip(if: $wanted) } fragment Ranks on Subscription ' +
      '{ rankings { rank } }',
    '($wanted: Boolean!) { ... on Subscription { rankings @skip(if: $wanted) { rank } } }',
    '{ rankings @skip(if: true) { rank } }',
    '{ ... @include(if: false) { rankings { rank } } }',
  ])('is told that its one field stands under no condition: %s', async (selection) => {
    const { errors } = await server.ask(`subscription ${selection}`, {
      variables: { wanted: true },
    });
    expect(errors).toMatchObject([
      {
        message: expect.stringMatching(/@(skip|include) cannot stand on the field/),
        extensions: { code: 'GRAPHQL_VALIDATION_FAILED' },
      },
    ]);
  });
});

it('what goes wrong inside is masked, with a request id to report it by', async () => {
  const answer = await server.ask('{ organization(slug: "acme") { slug } }');
  expect(answer.errors?.[0]).toMatchObject({
    extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: expect.stringMatching(/.{8,}/) },
  });
  expect(JSON.stringify(answer)).not.toContain('storage');
});

it('a request for what is no address harms nobody', async () => {
  const status = await new Promise((resolve) => {
    get({ host: '127.0.0.1', port: new URL(server.url).port, path: '//' }, (response) => {
      response.resume();
      resolve(response.statusCode);
    });
  });
  expect(status).toBe(200);
});

it.each(['GET', 'POST'])(
  '%s of an operation that the document lacks is told so',
  async (method) => {
    const asked = { query: 'query Here { platform { name } }', operationName: 'There' };
    const address = `${server.url}/graphql`;
    const answer =
      method === 'GET'
        ? await fetch(`${address}?${new URLSearchParams(asked)}`)
        : await post(JSON.stringify(asked), { 'Content-Type': 'application/json' });
    expect((await answer.json()).errors).toMatchObject([
      { extensions: { code: 'GRAPHQL_VALIDATION_FAILED' } },
    ]);
  },
);

it('a completion is not started by GET', async () => {
  const query = 'subscription { completion(input: { model: "a/b", messages: [] }) { sequence } }';
  const answer = await fetch(`${server.url}/graphql?query=${encodeURIComponent(query)}`, {
    headers: { Accept: 'text/event-stream', Authorization: `Bearer ${key}` },
  });
  expect(await answer.text()).toContain('never by GET');
  expect(stand.runs).toEqual([]);
});

it('the front page, GraphiQL and the probes answer and load nothing from elsewhere', async () => {
  const page = await (await fetch(server.url)).text();
  expect(page).toContain('<title>Bourse</title>');
  const graphiql = await fetch(`${server.url}/graphql`, { headers: { Accept: 'text/html' } });
  const html = await graphiql.text();
  expect(html).toContain('Bourse');
  expect(html).not.toMatch(/<(script|link)[^>]+(src|href)="https?:/);
  expect(html, 'subscriptions go by POST: GET starts no completion').toContain('"method":"POST"');
  expect((await fetch(`${server.url}/health`)).status).toBe(200);
  expect((await fetch(`${server.url}/ready`)).status).toBe(200);
});

const asked = (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/graphql?${new URLSearchParams(parameters)}`, { headers });

describe('what is asked by GET', () => {
  it.each(['text/event-stream', '*/*', 'application/json'])(
    'changes nothing, whatever form is taken: %s',
    async (Accept) => {
      const input = '{ model: "acme/echo", messages: [{ role: USER, content: "?" }] }';
      const query = `mutation { startCompletion(input: ${input}) { __typename } }`;
      const answer = await asked({ query }, { Accept, Authorization: `Bearer ${key}` });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
      expect((await answer.json()).errors[0].message).toContain('POST');
      expect(stand.runs).toEqual([]);
    },
  );

  it.each(['DELETE', 'PATCH', 'HEAD'])('is no subscription by %s', async (method) => {
    const query = new URLSearchParams({ query: 'subscription { rankings { rank } }' });
    const answer = await fetch(`${server.url}/graphql?${query}`, {
      method,
      headers: { Accept: 'text/event-stream' },
    });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, POST']);
  });

  it('is refused in the same words as by POST', async () => {
    const hash = 'a'.repeat(64);
    const extensions = JSON.stringify({ persistedQuery: { version: 1, sha256Hash: hash } });
    for (const [parameters, code] of [
      [{ extensions }, 'PERSISTED_QUERY_NOT_FOUND'],
      [{ documentId: `sha256:${hash}` }, 'PERSISTED_QUERY_NOT_FOUND'],
      [{ documentId: 'mine' }, 'INVALID_INPUT'],
      [{ query: '{ nonsense', extensions }, 'INVALID_INPUT'],
      [{ query: '{ nonsense }' }, 'GRAPHQL_VALIDATION_FAILED'],
    ] as const) {
      const { errors } = await (await asked(parameters)).json();
      expect(errors).toMatchObject([{ extensions: { code } }]);
      const form = { Accept: 'application/graphql-response+json' };
      expect((await asked(parameters, form)).status).toBe(400);
    }
  });

  it('is shown in GraphiQL to a browser', async () => {
    const Accept = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';
    for (const query of ['{ platform { name } }', 'subscription { rankings { rank } }']) {
      const page = await asked({ query }, { Accept });
      expect(page.headers.get('content-type')).toContain('text/html');
    }
  });
});

it.each(['application/graphql', 'application/graphql+json', 'application/json+x'])(
  'an operation is read as JSON alone, by one reader: %s is refused',
  async (type) => {
    const query = 'subscription { rankings { rank } }';
    const answer = await post(type.includes('json') ? JSON.stringify({ query }) : query, {
      'Content-Type': type,
      Accept: 'text/event-stream',
    });
    expect(answer.status).toBe(415);
  },
);

it.each([
  { operationName: 5 },
  { documentId: 5 },
  { extensions: [] },
  { variables: 'none' },
  { id: '1' },
])('a request that is none is refused before its document is read: %j', async (part) => {
  const answer = await post(JSON.stringify({ query: '{ nonsense', ...part }));
  expect(answer.status).toBe(400);
  expect((await answer.json()).errors).toMatchObject([{ extensions: { code: 'INVALID_INPUT' } }]);
});

it('the media types of Accept are read in any letter case', async () => {
  const answer = await post(JSON.stringify({ query: '{ platform { name } }' }), {
    Accept: 'Application/JSON',
  });
  expect(answer.status).toBe(200);
});

describe('a query by GET', () => {
  const get = (headers: Record<string, string> = {}) =>
    fetch(`${server.url}/graphql?query=${encodeURIComponent('{ platform { name } }')}`, {
      headers,
    });

  it('without credentials may be kept for a second and is not sent twice', async () => {
    const first = await get();
    const tag = first.headers.get('etag') ?? '';
    expect(await first.json()).toMatchObject({ data: { platform: { name: 'Bourse' } } });
    expect(first.headers.get('cache-control')).toBe('public, max-age=1');
    // Each of these makes another answer: the form, whose it is, and which pages may read it.
    expect(first.headers.get('vary')).toBe('Accept, Authorization, Cookie, Origin');
    const again = await get({ 'If-None-Match': `"other", ${tag}` });
    expect([again.status, await again.text(), again.headers.get('etag')]).toEqual([304, '', tag]);
    expect((await get({ 'If-None-Match': '"other"' })).status).toBe(200);
  });

  it("with credentials is nobody else's", async () => {
    const own = await get({ Authorization: `Bearer ${key}` });
    expect(own.status).toBe(200);
    expect(own.headers.get('etag')).toBeNull();
    expect(own.headers.get('cache-control')).toBeNull();
  });
});

it('a value that is no date comes back shortened, with what is wrong with it', async () => {
  const query = 'query ($at: DateTime) { catalogChanges(filter: { since: $at }) { totalCount } }';
  const { errors } = await server.ask(query, { variables: { at: 'a'.repeat(100_000) } });
  expect(errors?.[0]?.message).toMatch(/^Variable "\$at" got invalid value "a+… DateTime cannot/);
  expect(errors?.[0]?.message.length).toBeLessThan(5_000);
});
