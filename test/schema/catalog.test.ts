import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minuteMs } from '#kernel';
import { serve, standIn } from '../harness/stand-in-rooms.ts';

const stand = standIn();
let server: Awaited<ReturnType<typeof serve>>;

beforeAll(async () => {
  server = await serve(stand);
});
afterAll(() => server.close());

const page = `query ($first: Int, $after: String, $last: Int, $before: String) {
  models(first: $first, after: $after, last: $last, before: $before) {
    nodes { slug } edges { cursor } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;

const models = async (variables: object) => {
  const answer = await server.ask(page, { variables, credential: null });
  expect(answer.errors).toBeUndefined();
  return answer.data.models;
};

const slugs = (list: { nodes: { slug: string }[] }) => list.nodes.map(({ slug }) => slug);

describe('a list is walked without a gap', () => {
  it('forwards, and knows at every page what lies before and behind it', async () => {
    const first = await models({ first: 2 });
    expect(slugs(first)).toEqual(['acme/echo', 'acme/other']);
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const second = await models({ first: 2, after: first.pageInfo.endCursor });
    expect(slugs(second)).toEqual(['acme/third']);
    expect(second.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    expect(second.totalCount).toBe(3);
  });

  it('backwards, to the same rows in the same order', async () => {
    const end = await models({ last: 2 });
    expect(slugs(end)).toEqual(['acme/other', 'acme/third']);
    expect(end.pageInfo).toMatchObject({ hasNextPage: false, hasPreviousPage: true });
    const start = await models({ last: 2, before: end.pageInfo.startCursor });
    expect(slugs(start)).toEqual(['acme/echo']);
    expect(start.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
  });
});

describe('a cursor into an order by traffic', () => {
  const first = async () => (await models({ first: 2 })).pageInfo.endCursor;

  it('is good for ten minutes, and no longer', async () => {
    const after = await first();
    await stand.clock.advance(10 * minuteMs);
    expect(slugs(await models({ first: 2, after }))).toEqual(['acme/third']);
    await stand.clock.advance(2 * minuteMs);
    const { errors } = await server.ask(page, { variables: { first: 2, after } });
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: ['after'] });
  });

  it('is good at another node that has the same order, for as long', async () => {
    const after = await first();
    const other = standIn();
    const served = await serve(other);
    const next = () => served.ask(page, { variables: { first: 2, after } });
    await other.clock.advance(stand.clock.now() - other.clock.now());
    expect(slugs((await next()).data.models)).toEqual(['acme/third']);
    await other.clock.advance(12 * minuteMs);
    expect((await next()).errors?.[0]?.extensions['code']).toBe('INVALID_INPUT');
    await served.close();
  });
});

describe('a page that cannot be is refused by the name of its argument', () => {
  const refused: [string, object, string][] = [
    ['below 1', { first: 0 }, 'first'],
    ['above 100', { first: 101 }, 'first'],
    ['first with last', { first: 1, last: 1 }, 'last'],
    ['first with before', { first: 1, before: 'x' }, 'before'],
    ['last with after', { last: 1, after: 'x' }, 'after'],
    ['a cursor that is not ours', { after: 'bm90IG91cnM' }, 'after'],
  ];
  it.each(refused)('%s', async (_what, variables, path) => {
    const answer = await server.ask(page, { variables });
    expect(answer.errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT', path: [path] });
  });

  it('a cursor of another list', async () => {
    const other = await server.ask('{ providers(first: 1) { pageInfo { endCursor } } }');
    const after = other.data.providers.pageInfo.endCursor;
    const answer = await server.ask(page, { variables: { after } });
    expect(answer.errors?.[0]?.extensions['code']).toBe('INVALID_INPUT');
  });
});

it('a model is found by the names that a request may use, and by no other', async () => {
  const names = ['acme/echo', 'acme/echo:floor', 'acme/echo:free:nitro', 'acme/echo:bogus'];
  const found = names.map(async (slug) => {
    const query = 'query ($slug: String!) { model(slug: $slug) { slug } }';
    return (await server.ask(query, { variables: { slug } })).data.model?.slug ?? null;
  });
  expect(await Promise.all(found)).toEqual(['acme/echo', 'acme/echo', 'acme/echo', null]);
});

it('a model shows the price of the cheapest endpoint as exact decimals', async () => {
  const answer = await server.ask(`{ model(slug: "acme/echo:floor") {
    pricing { promptPerToken promptPerMillion }
    cheapestEndpoint { provider { slug } status }
    endpoints { provider { slug } }
  } }`);
  expect(answer.data.model.pricing).toEqual({
    promptPerToken: '0.000001',
    promptPerMillion: '1',
  });
  expect(answer.data.model.cheapestEndpoint).toMatchObject({ status: 'UP' });
});

it('what has an id is found by it, in the order asked, null where there is nothing', async () => {
  const [model] = stand.market.models;
  const [endpoint] = model?.endpoints ?? [];
  const ids = [endpoint?.id, 'mdl_nonsense', model?.id];
  const answer = await server.ask('query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }', {
    variables: { ids },
  });
  expect(answer.data.nodes).toEqual([
    { __typename: 'Endpoint', id: endpoint?.id },
    null,
    { __typename: 'Model', id: model?.id },
  ]);
});

it('a route shows who would be tried, at what price, and why the others would not', async () => {
  const answer = await server.ask(`{ routePlan(input: {
    model: "acme/echo", promptTokens: 1000, maxTokens: 1000,
    provider: { only: ["cheap"], ignore: ["daer"] }
  }) {
    model { slug } error { code } unknownProviders
    candidates { order weight maximumCharge endpoint { provider { slug } } }
    rejected { code setting endpoint { provider { slug } } }
  } }`);
  expect(answer.data.routePlan).toEqual({
    model: { slug: 'acme/echo' },
    error: null,
    unknownProviders: ['daer'],
    candidates: [
      { order: 1, weight: 1, maximumCharge: '0.0021', endpoint: { provider: { slug: 'cheap' } } },
    ],
    rejected: [
      {
        code: 'NOT_IN_ONLY',
        setting: 'input.provider.only',
        endpoint: { provider: { slug: 'dear' } },
      },
    ],
  });
});

const tooMany = Array.from({ length: 101 }, (_, at) => `name-${at}`);

describe('a plan is refused, by the name of its field, what the completion would be', () => {
  const refused: [string, object, string][] = [
    ['a price of dear', { provider: { maxPromptPricePerMillion: 'dear' } }, 'It is not a price'],
    ['a price below 0', { provider: { maxCompletionPricePerMillion: '-1' } }, 'It is not a price'],
    ['too many providers', { provider: { order: tooMany } }, 'It has 101 entries'],
    ['a speed below 0', { provider: { minTokensPerSecond: -1 } }, '-1 is out of range'],
    ['too many fallbacks', { fallbackModels: tooMany.slice(90) }, 'It has 11 entries'],
    ['too many parameters', { requiredParameters: tooMany }, 'It has 101 entries'],
    ['no prompt at all', { promptTokens: -1 }, '-1 is out of range'],
    ['no answer at all', { maxTokens: 0 }, '0 is out of range'],
    ['a session without a name', { sessionId: '' }, 'It has 0 characters'],
  ];

  it.each(refused)('%s', async (_name, wrong, says) => {
    const [field, value] = Object.entries(wrong)[0] as [string, unknown];
    const path = field === 'provider' ? `provider.${Object.keys(value as object)[0]}` : field;
    const answer = await server.ask(
      'query ($input: RouteInput!) { routePlan(input: $input) { error { code } } }',
      { variables: { input: { model: 'acme/echo', ...wrong } } },
    );
    expect(answer.errors?.[0]?.message).toMatch(`input.${path}: ${says}`);
  });
});

it('writing the catalog is refused to a key, and to nobody in particular differently', async () => {
  const remove = 'mutation { removeEndpoint(id: "end_x") { __typename } }';
  const byKey = await server.ask(remove);
  expect(byKey.errors?.[0]?.extensions['code']).toBe('FORBIDDEN');
  const byNobody = await server.ask(remove, { credential: null });
  expect(byNobody.errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
});
