import { afterAll, beforeAll, expect, it } from 'vitest';
import { type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let organizationId: string;

beforeAll(async () => {
  app = await wholeApp();
  for (const name of ['50% off', '50 off', 'a_b', 'a\\b'])
    await made('createOrganization', { name });
  organizationId = (await ask('{ organization(slug: "demo") { id } }')).organization.id;
  for (const name of ['key_1', 'key-1']) await made('createApiKey', { organizationId, name });
}, 120_000);
afterAll(() => app.close());

async function ask(query: string, variables?: object) {
  const { data, errors } = await app.admin.ask(query, variables);
  expect(errors).toBeUndefined();
  return data;
}

async function made(name: 'createOrganization' | 'createApiKey', input: object) {
  const type = name.replace('create', 'Create');
  const query = `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename } }`;
  expect((await ask(query, { input }))[name].__typename).toBe(`${type}Payload`);
}

it.each([
  ['50%', ['50% off']],
  ['A_B', ['a_b']],
  ['\\', ['a\\b']],
  ['off', ['50 off', '50% off']],
])('organizations with %s in their name are found, and no others', async (search, names) => {
  const query = 'query ($search: String) { organizations(search: $search) { nodes { name } } }';
  const { nodes } = (await ask(query, { search })).organizations;
  expect(nodes.map(({ name }: { name: string }) => name).sort()).toEqual(names);
});

it('keys and members are searched by the letters that were given, too', async () => {
  const query = `{ organization(slug: "demo") {
    keys: apiKeys(search: "KEY_") { nodes { name } }
    all: members(search: "%") { totalCount }
    one: members(search: "dmin") { totalCount }
  } }`;
  expect((await ask(query)).organization).toEqual({
    keys: { nodes: [{ name: 'key_1' }] },
    all: { totalCount: 0 },
    one: { totalCount: 1 },
  });
});

it.each(['sandbox/echo', 'sandbox/echo:floor', 'sandbox/echo:floor:nitro'])(
  'what the model answered is found by the name that was asked for, as %s',
  async (model) => {
    const complete = `mutation { complete(input: { model: "sandbox/echo:floor", messages: [
    { role: USER, content: "Hello" }] }) { ... on CompletePayload { completion { id } } } }`;
    const { id } = (await app.demo.ask(complete)).data.complete.completion;
    const lists = `query ($model: String) { organization(slug: "demo") {
    completions(filter: { model: $model }, first: 1) { nodes { id } totalCount }
    usage(filter: { model: $model }) { total { requests } } } }`;
    const { completions, usage } = (await ask(lists, { model })).organization;
    expect(completions.nodes).toEqual([{ id }]);
    expect(usage.total.requests).toBe(completions.totalCount);
    const feed = `subscription ($models: [String!]) { providerMetrics(filter: { models: $models }) {
    endpoints { endpoint { model { slug } } } } }`;
    const watching = app.demo.overEventStream(feed, { models: [model] });
    for await (const { endpoints } of watching) {
      expect(endpoints).toEqual([{ endpoint: { model: { slug: 'sandbox/echo' } } }]);
      break;
    }
    watching.leave();
  },
);
