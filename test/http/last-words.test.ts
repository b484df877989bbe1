import { afterEach, beforeEach, expect, it } from 'vitest';
import { key, type StandIn, serve, standIn } from '../harness/stand-in-rooms.ts';

let stand: StandIn;
let server: Awaited<ReturnType<typeof serve>>;

beforeEach(async () => {
  stand = standIn();
  server = await serve(stand);
});
afterEach(() => server.close());

function post(query: string, accept: string): Promise<Response> {
  return fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', accept },
    body: JSON.stringify({ query }),
  });
}

/** Lets what is on its way arrive, and says whether the promise has settled. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
  return done;
}

it('an answer that is being given goes out before the server closes', async () => {
  const answer = post(
    `mutation { complete(input: { model: "acme/echo", messages: [{ role: USER, content: "hi" }] }) {
      __typename } }`,
    'application/json',
  );
  await expect.poll(() => stand.runs.length).toBe(1);
  const [run] = stand.runs;
  await run?.watched.promise;
  server.http.drain(0);
  const gone = server.http.lastWords(5_000);
  expect(await settled(gone)).toBe(false);
  run?.text('hello');
  run?.finish();
  await gone;
  const { data } = await (await answer).json();
  expect(data.complete.__typename).toBe('CompletePayload');
});

it('a feed, which has no end, ends then', async () => {
  const response = await post('subscription { rankings { rank } }', 'text/event-stream');
  const text = response.text();
  await server.http.lastWords(5_000);
  expect(await text).toContain('event: complete');
});

it('nobody is waited for longer than was said', async () => {
  void post(
    `subscription { completion(input: { model: "acme/echo", messages: [] }) { sequence } }`,
    'text/event-stream',
  ).catch(() => {});
  await expect.poll(() => stand.runs.length).toBe(1);
  const gone = server.http.lastWords(5_000);
  expect(await settled(gone)).toBe(false);
  await stand.clock.advance(5_000);
  await gone;
});
