import { afterAll, beforeAll, expect, it } from 'vitest';
import { type GraphqlClient, graphqlClient } from '../harness/graphql-client.ts';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';
import { askInVain, changesOf, feed, watched } from './catalog-changes-suite.ts';

let app: WholeApp;
let anybody: GraphqlClient;
let upstream: UpstreamStub;

beforeAll(async () => {
  upstream = await stubUpstream();
  app = await wholeApp();
  anybody = graphqlClient(app.url);
  await watched(app, upstream.url, '0.001');
}, 180_000);
afterAll(async () => {
  await app?.close();
  await upstream?.close();
});

it('who follows hears of a price, comes back with a cursor, and has missed nothing', async () => {
  const filter = { models: ['acme/watched'] };
  const known = await changesOf(anybody, filter);
  expect(known.map(({ kind }) => kind)).toEqual(['ENDPOINT_ADDED', 'MODEL_ADDED']);
  expect(known[0].newPricing).toEqual({ promptPerToken: '0.001' });

  const first = anybody.overWebSocket(feed, { after: known[0].cursor, filter });
  await watched(app, upstream.url, '0.002');
  let cursor = '';
  for await (const change of first) {
    expect(change).toMatchObject({
      kind: 'ENDPOINT_PRICE_CHANGED',
      subjectId: known[0].subjectId,
      model: { slug: 'acme/watched' },
      provider: { slug: 'watched' },
      endpoint: { id: known[0].subjectId },
      previousPricing: { promptPerToken: '0.001' },
      newPricing: { promptPerToken: '0.002' },
    });
    cursor = change.cursor;
    break;
  }
  await watched(app, upstream.url, '0.003');

  upstream.answerWith((reply) => reply.json(500, { error: { message: 'It broke.' } }));
  const acme = await customer(app, '10');
  const heard = [];
  const asking = askInVain(acme, 5);
  for await (const change of anybody.overEventStream(feed, { after: cursor, filter })) {
    heard.push([change.kind, change.newPricing?.promptPerToken, change.newStatus]);
    if (change.newStatus === 'DOWN') {
      expect(change.endpoint.status).toBe('DOWN');
      expect(change.reason).toMatch(/keeps failing/);
      break;
    }
  }
  await asking;
  expect(heard).toEqual([
    ['ENDPOINT_PRICE_CHANGED', '0.003', null],
    ['ENDPOINT_STATUS_CHANGED', undefined, 'DOWN'],
  ]);
  const incidents = { kinds: ['ENDPOINT_STATUS_CHANGED'], providers: ['watched'] };
  expect(await changesOf(anybody, incidents)).toMatchObject([
    { previousStatus: 'UP', newStatus: 'DOWN', subjectId: known[0].subjectId },
  ]);
});

it('a kind may be named again and again', async () => {
  const kinds = Array.from({ length: 40_000 }, () => 'ENDPOINT_STATUS_CHANGED');
  expect(await changesOf(anybody, { kinds })).toEqual(
    await changesOf(anybody, { kinds: ['ENDPOINT_STATUS_CHANGED'] }),
  );
});

it('a cursor that leads nowhere is refused, by name', async () => {
  for (const after of ['nonsense', await cursorOfAnotherList()]) {
    const { errors } = await anybody.ask(
      'query ($after: String) { catalogChanges(after: $after) { totalCount } }',
      { after },
    );
    expect(errors?.[0]?.extensions).toMatchObject({ code: 'INVALID_INPUT' });
    const watching = anybody.overWebSocket(feed, { after })[Symbol.asyncIterator]();
    await expect(watching.next()).rejects.toThrow('This is not a cursor of this list.');
  }
});

async function cursorOfAnotherList(): Promise<string> {
  const { data } = await anybody.ask('{ models(first: 1) { pageInfo { endCursor } } }');
  return data.models.pageInfo.endCursor;
}
