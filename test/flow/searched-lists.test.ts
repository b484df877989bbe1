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
