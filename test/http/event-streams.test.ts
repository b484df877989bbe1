import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Fault } from '#kernel';
import { key, type StandIn, serve, standIn } from '../harness/stand-in-rooms.ts';

let stand: StandIn;
let server: Awaited<ReturnType<typeof serve>>;

beforeEach(async () => {
  stand = standIn();
  server = await serve(stand);
});
afterEach(() => server.close());

const completion = `completion(input: {
  model: "acme/echo", messages: [{ role: USER, content: "hi" }]
}) { __typename ... on TextDelta { text } ... on CompletionFailed { error { __typename code } } }`;

const ask = (
  query: string,
  options: { headers?: Record<string, string>; signal?: AbortSignal } = {},
) =>
  fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'text/event-stream',
      Authorization: `Bearer ${key}`,
      ...options.headers,
    },
    body: JSON.stringify({ query }),
    ...(options.signal ? { signal: options.signal } : {}),
  });

async function eventsOf(response: Response): Promise<EventSourceMessage[]> {
  const events: EventSourceMessage[] = [];
  createParser({ onEvent: (event) => events.push(event) }).feed(await response.text());
  return events;
}

async function firstRun() {
  while (!stand.runs[0]) await new Promise((resolve) => setImmediate(resolve));
  await stand.runs[0].watched.promise;
  return stand.runs[0];
}

it('each event carries the id that a client says when it comes back', async () => {
  const response = ask(`subscription { ${completion} }`);
  const run = await firstRun();
  run.text('Hello');
  run.finish();
  const events = await eventsOf(await response);
  expect(events.map(({ event, id }) => [event, id])).toEqual([
    ['next', `${run.id}:1`],
    ['next', `${run.id}:2`],
    ['complete', undefined],
  ]);
  expect(JSON.parse(events[0]?.data ?? '')).toEqual({
    data: { completion: { __typename: 'TextDelta', text: 'Hello' } },
  });
});

it('Last-Event-ID goes on behind what was seen', async () => {
  const response = ask(`subscription { ${completion} }`);
  const run = await firstRun();
  run.text('one', 'two');
  run.finish();
  await eventsOf(await response);
  const query = `subscription { resumeCompletion(id: "${run.id}") { sequence } }`;
  const again = await ask(query, { headers: { 'Last-Event-ID': `${run.id}:2` } });
  const events = await eventsOf(again);
  expect(events.map(({ id }) => id)).toEqual([`${run.id}:3`, undefined]);
});

it('a client that leaves is known upstream while the provider is silent', async () => {
  const leaving = new AbortController();
  const response = ask(`subscription { ${completion} }`, { signal: leaving.signal });
  const run = await firstRun();
  run.start();
  await response;
  leaving.abort();
  await run.leaving.promise;
});

it('a comment is sent every 12 seconds while nothing comes', async () => {
  const response = ask(`subscription { ${completion} }`);
  const run = await firstRun();
  await stand.clock.advance(12_000);
  run.finish();
  expect(await (await response).text()).toMatch(/^: still here\n\n/);
});

it('a comment is sent 12 seconds after the last event, not at the next stroke', async () => {
  const response = ask(`subscription { ${completion} }`);
  const run = await firstRun();
  await stand.clock.advance(5_000);
  run.text('one');
  await response;
  await stand.clock.advance(11_999);
  run.text('two');
  await stand.clock.advance(11_999);
  run.text('three');
  await stand.clock.advance(12_000);
  run.finish();
  const said = await (await response).text();
  expect(said.match(/one|two|three|still here/g)).toEqual(['one', 'two', 'three', 'still here']);
});

it('a refusal is one event of its own, in the type that tells of it', async () => {
  const response = ask(`subscription { ${completion} }`);
  const run = await firstRun();
  run.fail(new Fault('MODEL_NOT_FOUND', { public: 'There is no such model.' }));
  const [event] = await eventsOf(await response);
  expect(JSON.parse(event?.data ?? '')).toEqual({
    data: {
      completion: {
        __typename: 'CompletionFailed',
        error: { __typename: 'NotFoundError', code: 'MODEL_NOT_FOUND' },
      },
    },
  });
});

it('a completion that is not there is refused by an event with sequence 1', async () => {
  const id = `cmp_${'z'.repeat(26)}`;
  const query = `subscription { resumeCompletion(id: "${id}") {
    completionId sequence ... on CompletionFailed { error { code } completion { status } } } }`;
  const [event] = await eventsOf(await ask(query));
  expect(JSON.parse(event?.data ?? '').data.resumeCompletion).toEqual({
    completionId: id,
    sequence: 1,
    error: { code: 'NOT_FOUND' },
    completion: { status: 'FAILED' },
  });
});

it('complete answers with the text and the bill, and its refusals are data', async () => {
  const complete = `mutation { complete(input: { model: "acme/echo", messages: [] }) {
    __typename
    ... on CompletePayload { text replayed completion { usage { charged } } }
    ... on Error { code message }
  } }`;
  const answer = server.ask(complete);
  const run = await firstRun();
  run.start();
  run.text('Hello');
  run.finish();
  expect((await answer).data.complete).toEqual({
    __typename: 'CompletePayload',
    text: 'Hello',
    replayed: false,
    completion: { usage: { charged: '0.00000525' } },
  });
});
