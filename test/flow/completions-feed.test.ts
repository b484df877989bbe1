import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Data, graphqlClient } from '../harness/graphql-client.ts';
import { saying, stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  await offer(app.admin, { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
  acme = await customer(app, '1000');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

const feed = `subscription ($organizationId: ID!, $filter: CompletionFilter) {
  completions(organizationId: $organizationId, filter: $filter) {
    id status text model { slug } apiKey { id } usage { charged }
  } }`;
const ofAcme = () => ({ organizationId: acme.organizationId });

async function complete(caller: Pick<Customer, 'ask'>, model = 'acme/writer'): Promise<Data> {
  const { data } = await caller.ask(
    `mutation ($model: String!) {
      complete(input: { model: $model, messages: [{ role: USER, content: "Go." }] }) {
        ... on CompletePayload { completion { id usage { charged } } } } }`,
    { model },
  );
  return data.complete.completion;
}

/** A completion that has started and is not answered before `finish` is called. */
async function unfinished(): Promise<{ id: string; finish(): void }> {
  const more = Promise.withResolvers<void>();
  upstream.answerWith(async (...call) => {
    await more.promise;
    await saying('At last')(...call);
  });
  const { data } = await acme.ask(
    `mutation { startCompletion(input: { model: "acme/writer", messages: [
      { role: USER, content: "Wait." }] }) {
      ... on StartCompletionPayload { completion { id } } } }`,
  );
  return { id: data.startCompletion.completion.id, finish: () => more.resolve() };
}

/** Watches until one, or the one that is meant, has ended. */
async function untilEnd(
  events: AsyncIterable<Data>,
  { id, began }: { id?: string; began?: () => void } = {},
): Promise<Data[]> {
  const seen: Data[] = [];
  for await (const event of events) {
    seen.push(event);
    began?.();
    const over = !['QUEUED', 'RUNNING'].includes(event.status);
    if (over && (id === undefined || event.id === id)) break;
  }
  return seen;
}

for (const way of ['overWebSocket', 'overEventStream'] as const) {
  it(`${way}: what runs is told at once, then its end with what was charged`, async () => {
    const { id, finish } = await unfinished();
    const watching = acme[way](feed, ofAcme());
    const events: Data[] = [];
    for await (const event of watching) {
      events.push(event);
      finish();
      if (event.status === 'SUCCEEDED') break;
    }
    watching.leave();
    expect(events.map((event) => [event.id, event.status])).toEqual([
      [id, 'RUNNING'],
      [id, 'SUCCEEDED'],
    ]);
    expect(events.at(-1)).toMatchObject({ text: 'At last', model: { slug: 'acme/writer' } });
    expect(Number(events.at(-1).usage.charged)).toBeGreaterThan(0);
  });
}

it('STREAM 17: a completion is told when it is asked for, runs and has ended', async () => {
  const running = await unfinished();
  const watching = acme.overWebSocket(feed, ofAcme());
  const events: Data[] = [];
  let next: Promise<Data> | undefined;
  for await (const event of watching) {
    events.push(event);
    if (event.id === running.id && event.status === 'RUNNING') {
      upstream.answerWith(saying('Soon'));
      next = complete(acme);
    } else if (event.status === 'SUCCEEDED') {
      running.finish();
      if (event.id === running.id) break;
    }
  }
  watching.leave();
  const { id } = await next;
  const told = events.filter((event) => event.id === id).map(({ status }) => status);
  expect(told).toEqual(['QUEUED', 'RUNNING', 'SUCCEEDED']);
});

it('STREAM 18: a key is told of its own alone, others of all that they may see', async () => {
  const { data } = await app.admin.ask(
    `mutation ($organizationId: ID!) { createApiKey(input: {
      organizationId: $organizationId, name: "Another" }) {
      ... on CreateApiKeyPayload { secret } } }`,
    ofAcme(),
  );
  const other = graphqlClient(app.url, data.createApiKey.secret);
  const first = await unfinished();
  const [own, all] = [acme.overWebSocket(feed, ofAcme()), app.admin.overWebSocket(feed, ofAcme())];
  const begun = [own, all].map(() => Promise.withResolvers<void>());
  const seen = [own, all].map((watching, index) =>
    untilEnd(watching, { id: first.id, began: () => begun[index]?.resolve() }),
  );
  await Promise.all(begun.map(({ promise }) => promise));
  upstream.answerWith(saying('Hi'));
  const ofOther = await complete(other);
  const ofAcmeId = (await complete(acme)).id;
  first.finish();
  const [byKey, byAdmin] = await Promise.all(seen);
  const ids = (events: Data[] | undefined) => new Set(events?.map(({ id }) => id));
  expect(ids(byKey)).toEqual(new Set([first.id, ofAcmeId]));
  expect(ids(byAdmin)).toEqual(new Set([first.id, ofOther.id, ofAcmeId]));
  own.leave();
  all.leave();
});

it('a filter leaves out what it does not name', async () => {
  const { finish } = await unfinished();
  const watching = acme.overWebSocket(feed, { ...ofAcme(), filter: { statuses: ['SUCCEEDED'] } });
  const seen = untilEnd(watching);
  finish();
  upstream.answerWith(saying('Hi'));
  while ((await Promise.race([seen, complete(acme).then(() => null)])) === null) {
    // One ends after it watches.
  }
  expect((await seen).map(({ status }) => status)).toEqual(['SUCCEEDED']);
  watching.leave();
});

it('another organization is not told', async () => {
  const stranger = await customer(app, '1');
  await expect(untilEnd(stranger.overWebSocket(feed, ofAcme()))).rejects.toThrow('NOT_FOUND');
});

it('the account of an organization is told as it is and as it changes', async () => {
  const watching = app.admin.overWebSocket(
    `subscription ($organizationId: ID!) { creditAccount(organizationId: $organizationId) {
      balance organization { id } } }`,
    ofAcme(),
  );
  const balances: number[] = [];
  upstream.answerWith(saying('Hi'));
  for await (const { balance, organization } of watching) {
    expect(organization.id).toBe(acme.organizationId);
    balances.push(Number(balance));
    if (balances.length === 1) await complete(acme);
    if (balances.at(-1) !== balances[0]) break;
  }
  watching.leave();
  expect(balances.at(-1)).toBeLessThan(balances[0] as number);
});

it.each(['completions', 'creditAccount'])('%s refuses what is no organization', async (name) => {
  const query = `subscription ($id: ID!) { ${name}(organizationId: $id) { id } }`;
  const told = async (caller: Pick<Customer, 'overEventStream'>, id = acme.keyId) => {
    for await (const event of caller.overEventStream(query, { id })) return event;
  };
  await expect(told(app.admin)).rejects.toThrow('not an id of the right kind');
  const gone = told(app.admin, 'org_01m8bbxrveq1r0trtsb59ffpd9');
  await expect(gone).rejects.toThrow('no such organization');
  await expect(told(graphqlClient(app.url))).rejects.toThrow('This needs a credential');
});
