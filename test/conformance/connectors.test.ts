import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import {
  connectorNames,
  isContent,
  openConnectors,
  type UpstreamEvent,
  UpstreamFault,
} from '#upstream';
import { callTo, outcomeOf, patient, pulled } from '../upstream/calls.ts';
import { cohereStub } from './cohere-stub.ts';
import { aimock, type Counterpart, openAiStub, type Scene, said } from './counterparts.ts';

interface Pair {
  readonly connector: string;
  readonly counterpart: string;
  readonly open: () => Promise<Counterpart>;
  /** The protocol's own words for how an answer ended. */
  readonly raw?: { readonly stop: string; readonly length: string };
  /** The body says whether it is a stream; elsewhere the address does, or all are. */
  readonly saysStream?: boolean;
}

const ofStub = (connector: string): Pair => ({
  connector,
  counterpart: 'our stub',
  open: openAiStub,
  saysStream: true,
});
const openAi = (connector: string, path = '/v1'): Pair[] => [
  ofStub(connector),
  { connector, counterpart: 'aimock', open: () => aimock(path), saysStream: true },
];
const anthropic = { stop: 'end_turn', length: 'max_tokens' };
const cohere = { stop: 'COMPLETE', length: 'MAX_TOKENS' };
const gemini = { stop: 'STOP', length: 'MAX_TOKENS' };

/**
 * What every connector promises, held against every counterpart that speaks its protocol: a stub of
 * ours, and a mock that nobody here wrote.
 */
const pairs: readonly Pair[] = [
  ...openAi('openai-compatible'),
  ...openAi('azure', '/openai'),
  ...['openai', 'mistral', 'xai', 'groq', 'deepseek', 'togetherai', 'fireworks'].map(ofStub),
  ...['cerebras', 'perplexity', 'deepinfra', 'vercel'].map(ofStub),
  {
    connector: 'anthropic',
    counterpart: 'aimock',
    open: () => aimock('/v1'),
    raw: anthropic,
  },
  { connector: 'google', counterpart: 'aimock', open: () => aimock('/v1beta'), raw: gemini },
  { connector: 'google-vertex', counterpart: 'aimock', open: () => aimock('/v1beta'), raw: gemini },
  { connector: 'amazon-bedrock', counterpart: 'aimock', open: () => aimock(''), raw: anthropic },
  { connector: 'cohere', counterpart: 'our stub', open: cohereStub, raw: cohere },
];

test('no connector is left out', () => {
  expect([...new Set(pairs.map(({ connector }) => connector))].toSorted()).toEqual(
    connectorNames.toSorted(),
  );
});

/** Closed with the last counterpart, which would wait for connections that are kept. */
const pool = new Pool();
const connectors = openConnectors({ clock: systemClock, log: silentLog, pool });

describe.each(pairs)('$connector against $counterpart', (pair) => {
  const { connector: name, open, raw = { stop: 'stop', length: 'length' } } = pair;
  let counterpart: Counterpart;
  beforeAll(async () => {
    counterpart = await open();
  });
  afterAll(async () => {
    pool.close();
    await counterpart.close();
  });

  function attempt(scene: Scene, stream: boolean, abort = new AbortController()) {
    const connector = connectors(name);
    if (!connector) throw new TypeError(`no connector ${name}`);
    const timeouts = scene === 'silence' ? { ...patient, firstContentMs: 100 } : patient;
    const call = callTo(counterpart.baseUrl, {
      stream,
      request: { messages: [{ role: 'user', content: scene }] },
      target: { timeouts },
    });
    return outcomeOf(pulled(connector, call, abort.signal));
  }

  describe.each([true, false])('stream: %s', (stream) => {
    const ended = async (scene: Scene) => {
      const outcome = await attempt(scene, stream);
      expect(outcome.thrown).toBeUndefined();
      expect(outcome.batches.every((batch) => batch.length > 0)).toBe(true);
      return outcome;
    };

    test('the answer is said whole and ends with usage and finish', async () => {
      const { events, text } = await ended('text');
      expect(text).toBe(said.text);
      expect(events.slice(-2)).toEqual([
        {
          type: 'usage',
          usage: { prompt: 11, completion: 7, cacheRead: 0, cacheWrite: 0, reasoning: 0 },
        },
        { type: 'finish', reason: { unified: 'STOP', raw: raw.stop } },
      ]);
      expect(counterpart.lastRequest().model).toBe('stub');
      if (pair.saysStream) expect(counterpart.lastRequest().stream).toBe(stream);
    });

    test('reasoning comes before the text and apart from it', async () => {
      const { events, text } = await ended('reasoning');
      const reasoning = events.flatMap((event) => (event.type === 'reasoning' ? event.text : []));
      expect([reasoning.join(''), text]).toEqual([said.reasoning, said.text]);
      expect(events.find(isContent)?.type).toBe('reasoning');
    });

    test.each<[Scene, number]>([
      ['tool call', 1],
      ['two tool calls', 2],
    ])('a %s comes whole, under its own index', async (scene, count) => {
      const { events } = await ended(scene);
      expect(callsIn(events)).toEqual(said.calls.slice(0, count));
      expect(events.at(-1)).toMatchObject({ reason: { unified: 'TOOL_CALLS' } });
    });

    test('an answer that reached its cap says so', async () => {
      const { events } = await ended('length');
      expect(events.at(-1)).toMatchObject({ reason: { unified: 'LENGTH', raw: raw.length } });
    });

    test.each<[Scene, RegExp, number | undefined]>([
      ['failure 500', /^STATUS$/, 500],
      ['rate limit', /^RATE_LIMITED$/, 429],
      ['malformed', /^(MALFORMED|CUT|CONTENT_TYPE)$/, 200],
      ['silence', /^FIRST_CONTENT_TIMEOUT$/, undefined],
    ])('a %s before content is one clear failure', async (scene, failure, status) => {
      const { events, thrown } = await attempt(scene, stream);
      expect(events).toEqual([]);
      expect(thrown).toBeInstanceOf(UpstreamFault);
      expect((thrown as UpstreamFault).failure).toMatch(failure);
      expect((thrown as UpstreamFault).httpStatus).toBe(status);
    });

    test('an abort throws its own reason', async () => {
      const abort = new AbortController();
      const outcome = attempt('silence', stream, abort);
      const reason = new Error('the caller left');
      abort.abort(reason);
      expect((await outcome).thrown).toBe(reason);
    });
  });

  test('a rate limit says when to come back', async () => {
    const { thrown } = await attempt('rate limit', true);
    expect((thrown as UpstreamFault).retryAfterMs).toBeGreaterThan(0);
  });

  test('a stream that breaks off keeps what it said and never ends', async () => {
    const { events, text, thrown } = await attempt('cut', true);
    expect(said.text.startsWith(text)).toBe(true);
    expect(events.some((event) => event.type === 'finish')).toBe(false);
    expect(thrown).toMatchObject({ failure: 'CUT' });
  });
});

function callsIn(events: readonly UpstreamEvent[]) {
  const calls: { id: string | undefined; name: string | undefined; arguments: string }[] = [];
  for (const event of events) {
    if (event.type !== 'toolCall') continue;
    calls[event.index] ??= { id: event.callId, name: event.name, arguments: '' };
    const call = calls[event.index];
    if (call) call.arguments += event.arguments;
  }
  return calls;
}

import { Pool } from '../../src/upstream/http/pool.ts';
