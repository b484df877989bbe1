import { afterAll, beforeAll, expect, it } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { openStorage } from '#storage';
import { graphqlClient } from '../harness/graphql-client.ts';
import {
  type Customer,
  customer,
  type LastingPlace,
  lastingPlace,
  type WholeApp,
  wholeApp,
} from '../harness/whole-app.ts';

/** Prompts and answers are kept by the organizations that want them, and by nobody else. */
let place: LastingPlace;
let app: WholeApp;
let acme: Customer;

beforeAll(async () => {
  place = await lastingPlace('embedded');
  app = await wholeApp({ settings: place.settings });
  acme = await customer(app, '10');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await place?.remove();
});

const secret = 'the prompt that is nobody else’s';

async function run(): Promise<string> {
  const { data } = await acme.ask(
    `mutation ($prompt: String!) { complete(input: { model: "sandbox/echo", maxTokens: 50
      messages: [{ role: USER, content: $prompt }] }) {
      ... on CompletePayload { completion { id } } ... on Error { message } } }`,
    { prompt: secret },
  );
  return data.complete.completion.id;
}

const keepFor = (days: number) =>
  app.admin.ask(
    `mutation ($id: ID!, $days: Int!) { updateOrganization(input: {
      id: $id, retainContentDays: $days }) { __typename ... on Error { message } } }`,
    { id: acme.organizationId, days },
  );

async function readBy({ ask }: Pick<Customer, 'ask'>, id: string) {
  const { data } = await ask(
    `query ($id: ID!) { completion(id: $id) {
      text messages { role content } toolCalls { name } contentAvailableUntil finishedAt } }`,
    { id },
  );
  return data.completion;
}

async function storedTexts(): Promise<string> {
  const { dataDir } = app.config;
  const joined = { databaseUrl: null, dataDir, join: true, clock: systemClock, log: silentLog };
  const storage = await openStorage(joined);
  const tables = await storage.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = 'public'`,
  );
  const texts: string[] = [];
  for (const { name } of tables) {
    const sql = `SELECT coalesce(string_agg(t::text, ' '), '') AS text FROM "${name}" t`;
    texts.push((await storage.query<{ text: string }>(sql))[0]?.text ?? '');
  }
  await storage.close();
  return texts.join(' ');
}

it('without days who ran it alone reads it, for ten minutes, and no table has it', async () => {
  const id = await run();
  const own = await readBy(acme, id);
  expect(own).toMatchObject({ messages: [{ content: secret }] });
  const [until, ended] = [own.contentAvailableUntil, own.finishedAt].map((at) => Date.parse(at));
  expect((until ?? 0) - (ended ?? 0)).toBe(600_000);
  expect(await readBy(app.admin, id)).toMatchObject({
    text: null,
    messages: null,
    toolCalls: null,
  });
  expect(await storedTexts()).not.toContain('nobody else');
});

it('with days those who may read content do, until they are over or taken back', async () => {
  await keepFor(3);
  const id = await run();
  const read = await readBy(app.admin, id);
  expect(read.text).toContain('nobody else');
  expect(read).toMatchObject({ messages: [{ role: 'USER', content: secret }], toolCalls: [] });
  const [until, ended] = [read.contentAvailableUntil, read.finishedAt].map((at) => Date.parse(at));
  expect((until ?? 0) - (ended ?? 0)).toBe(3 * 86_400_000);
  expect(await storedTexts()).toContain('nobody else');
  await keepFor(0);
  expect(await readBy(app.admin, id)).toMatchObject({ text: null, messages: null });
});

it('after a restart it is read from where it is kept, by them alone', async () => {
  await keepFor(3);
  const id = await run();
  await app.close();
  app = await wholeApp({ settings: place.settings });
  expect((await readBy(app.admin, id)).messages).toEqual([{ role: 'USER', content: secret }]);
  const own = graphqlClient(app.url, acme.key);
  expect(await readBy(own, id)).toMatchObject({ text: null, messages: null });
});
