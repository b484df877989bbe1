import { createParser } from 'eventsource-parser';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { flowOf } from '#kernel';
import type { Rooms } from '#schema';
import { recordingLog } from '../harness/recording-log.ts';
import { key, type StandIn, serve, standIn } from '../harness/stand-in-rooms.ts';

let stand: StandIn;
let server: Awaited<ReturnType<typeof serve>>;
/** Stands in for what starts completions. */
let start: Rooms['completions']['start'];
let recorded: ReturnType<typeof recordingLog>;

beforeEach(async () => {
  recorded = recordingLog();
  stand = standIn({ log: recorded });
  start = stand.rooms.completions.start;
  const begin: typeof start = (...given) => start(...given);
  const completions = { ...stand.rooms.completions, start: begin };
  server = await serve({ ...stand, rooms: { ...stand.rooms, completions } });
});
afterEach(() => server.close());

const fields = '__typename sequence firstSequence ... on CompletionFailed { error { code } }';
const input = '{ messages: [{ role: USER, content: "hi" }], model: "acme/echo" }';

/** All results of a subscription. */
async function resultsOf(query: string) {
  const response = await fetch(`${server.url}/graphql`, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/json',
      Accept: 'text/event-stream',
      Authorization: `Bearer ${key}`,
    },
    body: JSON.stringify({ query: `subscription { ${query} }` }),
  });
  const results: unknown[] = [];
  const onEvent = ({ event, data }: { event?: string | undefined; data: string }) => {
    if (event === 'next') results.push(JSON.parse(data));
  };
  createParser({ onEvent }).feed(await response.text());
  return results;
}

const failed = (sequence: number) => ({
  __typename: 'CompletionFailed',
  sequence,
  firstSequence: sequence,
  error: { code: 'INTERNAL' },
});

it('our own fault is an event of the completion, and is noted', async () => {
  start = async () => {
    throw new RangeError('broken');
  };
  const results = await resultsOf(`completion(input: ${input}) { ${fields} }`);
  expect(results).toEqual([{ data: { completion: failed(1) } }]);
  expect(recorded.lines).toMatchObject([{ level: 'error', message: 'a completion failed' }]);
});

it('STREAM 14: a lane that cannot begin has a last event, and the other answers', async () => {
  const starts = start;
  start = async (principal, given, how) => {
    if (how.lane === 0) throw new RangeError('broken');
    const run = await starts(principal, given, how);
    stand.runs[0]?.text('Hello');
    stand.runs[0]?.finish();
    return run;
  };
  const lanes = `compareCompletions(models: ["acme/echo", "acme/other"], input: ${input})`;
  const results = await resultsOf(`${lanes} { lane event { ${fields} } }`);
  expect(results).toHaveLength(3);
  expect(results).toContainEqual({ data: { compareCompletions: { lane: 0, event: failed(1) } } });
  expect(results.at(-1)).toMatchObject({
    data: { compareCompletions: { lane: 1, event: { __typename: 'CompletionFinished' } } },
  });
});

it('STREAM 4: what cannot be told to its end has a last event, behind what was told', async () => {
  const starts = start;
  start = async (...given) => {
    const run = await starts(...given);
    stand.runs[0]?.text('Hello', 'there');
    async function* events() {
      for await (const batch of run.events(0)) {
        yield batch;
        throw new RangeError('broken');
      }
    }
    return { ...run, completion: () => run.completion(), events: () => flowOf(events()) };
  };
  const results = await resultsOf(`completion(input: ${input}) { ${fields} }`);
  expect(results).toHaveLength(3);
  expect(results.at(-1)).toEqual({ data: { completion: failed(3) } });
});
