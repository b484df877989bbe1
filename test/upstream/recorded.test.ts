import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import {
  type ChatRequest,
  isContent,
  openConnectors,
  type UpstreamEvent,
  wholeThoughts,
} from '#upstream';
import { stubUpstream, type UpstreamStub } from '../harness/upstream-stub.ts';
import { callTo, outcomeOf, pulled, textOf } from './calls.ts';

interface Recording {
  readonly connector: string;
  readonly file: string;
  /** What a caller and a bill read of it; of a tool call, its name. */
  readonly said: object;
}

const nothingCached = { cacheRead: 0, cacheWrite: 0 };
const cites = (source: object) => ({ type: 'url_citation', url_citation: source });

const recordings: readonly Recording[] = [
  {
    connector: 'amazon-bedrock',
    file: 'bedrock-reasoning.eventstream',
    said: {
      text: 'Seven stalls, all open 市場.',
      reasoning: 'Count the stalls: Łódź has seven.',
      usage: { prompt: 91, completion: 94, cacheRead: 32, cacheWrite: 8, reasoning: 0 },
      finish: { unified: 'STOP', raw: 'end_turn' },
    },
  },
  {
    connector: 'fireworks',
    file: 'fireworks-text.sse',
    said: {
      text: '**Open Stalls**\n==========\n\nSeven of them sell 市場',
      usage: { prompt: 46, completion: 20, ...nothingCached, reasoning: 0 },
      finish: { unified: 'LENGTH', raw: 'length' },
    },
  },
  {
    connector: 'cerebras',
    file: 'cerebras-reasoning-tools.sse',
    said: {
      reasoning: 'Ask the "scales" of Łódź.',
      calls: ['weighStall'],
      usage: { prompt: 322, completion: 104, cacheRead: 256, cacheWrite: 0, reasoning: 97 },
      finish: { unified: 'TOOL_CALLS', raw: 'tool_calls' },
    },
  },
  {
    connector: 'perplexity',
    file: 'perplexity-citations.sse',
    said: {
      text: 'The market opens at seven **市場** [2][3]',
      annotations: [
        'https://stalls.example/krakow',
        'https://market.example/łódź',
        'https://prices.example/',
      ].map((url) => cites({ url, title: url })),
      usage: { prompt: 10, completion: 10, ...nothingCached, reasoning: 0 },
      finish: { unified: 'STOP', raw: 'stop' },
    },
  },
  {
    connector: 'perplexity',
    file: 'perplexity-research.json',
    said: {
      text: '# Stalls of Łódź\n\nSeven [1], cheap [2].',
      annotations: [
        cites({
          title: 'Stalls | All of them',
          url: 'https://stalls.example/',
          snippet: 'Seven stalls are open.',
          source: 'web',
        }),
        cites({ title: 'https://prices.example/today', url: 'https://prices.example/today' }),
      ],
      usage: { prompt: 230, completion: 159_383, ...nothingCached, reasoning: 145_885 },
      finish: { unified: 'STOP', raw: 'stop' },
    },
  },
  {
    connector: 'deepinfra',
    file: 'deepinfra-tools.json',
    said: {
      calls: ['weigh_stall'],
      usage: { prompt: 328, completion: 81, ...nothingCached, reasoning: 0 },
      finish: { unified: 'TOOL_CALLS', raw: 'tool_calls' },
    },
  },
];

const contentTypes: Readonly<Record<string, string>> = {
  eventstream: 'application/vnd.amazon.eventstream',
  json: 'application/json',
  sse: 'text/event-stream',
};
const formOf = (file: string) => file.slice(file.lastIndexOf('.') + 1);
const bytesOf = (file: string) => readFileSync(new URL(`fixtures/${file}`, import.meta.url));

const connectors = openConnectors({ clock: systemClock, log: silentLog });

let stub: UpstreamStub;
beforeEach(async () => {
  stub = await stubUpstream();
});
afterEach(() => stub.close());

/** The outcome of an attempt that is answered with these bytes and a proper end of the body. */
function answered(
  name: string,
  file: string,
  { bytes, request = {} }: { bytes: Buffer; request?: Partial<ChatRequest> },
) {
  stub.answerWith(async (answer) => {
    answer.head(200, { 'content-type': contentTypes[formOf(file)] ?? '' });
    // Cut inside characters and frames: a read is no event.
    for (let at = 0; at < bytes.length; at += 97) await answer.write(bytes.subarray(at, at + 97));
    answer.end();
  });
  const connector = connectors(name);
  if (!connector) throw new TypeError(`no connector ${name}`);
  const stream = formOf(file) !== 'json';
  return outcomeOf(pulled(connector, callTo(stub.url, { stream, request })));
}

const thoughtsIn = (events: readonly UpstreamEvent[], type: 'reasoning' | 'hiddenReasoning') =>
  events.map((event) => (event.type === type ? event.text : '')).join('');

function saidIn(events: readonly UpstreamEvent[]): object {
  const text = textOf(events);
  const reasoning = thoughtsIn(events, 'reasoning');
  const calls = events.flatMap((event) => (event.type === 'toolCall' ? (event.name ?? []) : []));
  const annotations = events.find((event) => event.type === 'annotations')?.annotations;
  return {
    ...(text ? { text } : {}),
    ...(reasoning ? { reasoning } : {}),
    ...(calls.length > 0 ? { calls } : {}),
    ...(annotations ? { annotations } : {}),
    usage: events.find((event) => event.type === 'usage')?.usage,
    finish: events.find((event) => event.type === 'finish')?.reason,
  };
}

describe.each(recordings)('$file over the connector $connector', ({ connector, file, said }) => {
  const bytes = bytesOf(file);

  test('is said whole, and ends with its usage and its finish', async () => {
    const { batches, events, thrown } = await answered(connector, file, { bytes });
    expect(thrown).toBeUndefined();
    expect(saidIn(events)).toEqual(said);
    expect(batches.every((batch) => batch.length > 0)).toBe(true);
    expect(events.slice(-2).map(({ type }) => type)).toEqual(['usage', 'finish']);
  });

  test('is said without its thinking to who does not want that', async () => {
    const request = { reasoning: { exclude: true } };
    const { batches, events } = await answered(connector, file, { bytes, request });
    const { reasoning: unsaid = '', ...rest } = said as { reasoning?: string };
    expect(saidIn(events)).toEqual(rest);
    expect(thoughtsIn(events, 'hiddenReasoning')).toBe(unsaid);
    expect(batches.every((batch) => batch.length > 0)).toBe(true);
  });

  test.each([0.3, 0.6, 0.9])('without its last part (%f is left) is no answer', async (part) => {
    const left = bytes.subarray(0, bytes.length * part);
    const { events, thrown } = await answered(connector, file, { bytes: left });
    expect(events.some(({ type }) => type === 'finish')).toBe(false);
    expect(thrown).toMatchObject({ failure: expect.stringMatching(/^(CUT|MALFORMED)$/) });
  });
});

describe("Bedrock's frames", () => {
  test('keep the signature of their thinking for the next turn', async () => {
    const file = 'bedrock-reasoning.eventstream';
    const { events } = await answered('amazon-bedrock', file, { bytes: bytesOf(file) });
    const details = events.flatMap((event) => (event.type === 'reasoning' ? event.details : []));
    expect(wholeThoughts(details.flat())).toEqual([
      {
        type: 'reasoning.text',
        text: 'Count the stalls: Łódź has seven.',
        signature: 'Ep0CCkgICxABGAIqQOWPB6SW9jC6FvaNq3E=',
        format: 'anthropic-claude-v1',
      },
    ]);
  });

  test('that were changed on their way are no answer', async () => {
    const file = 'bedrock-reasoning.eventstream';
    const bytes = Buffer.from(bytesOf(file));
    bytes.write('nine!', bytes.indexOf('open '));
    const { text, thrown } = await answered('amazon-bedrock', file, { bytes });
    expect(text).not.toContain('nine!');
    expect(thrown).toMatchObject({ failure: 'MALFORMED' });
  });

  test('of an exception fail with its words, after what was said', async () => {
    const file = 'bedrock-exception.eventstream';
    const { events, thrown } = await answered('amazon-bedrock', file, { bytes: bytesOf(file) });
    expect(events.some(isContent)).toBe(true);
    expect(events.some(({ type }) => type === 'finish')).toBe(false);
    expect(thrown).toMatchObject({
      providerMessage: expect.stringContaining('Model Stream Error'),
    });
  });
});
