import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type UpstreamEvent, UpstreamFault } from '#upstream';
import { ChunkStream } from '../../src/upstream/openai-stream.ts';

const fixture = (name: string) => readFileSync(new URL(`fixtures/${name}.sse`, import.meta.url));

const notExpected = (error: unknown) =>
  new UpstreamFault({ failure: 'ERROR_IN_BODY', cause: error });

/** Services that end a stream by ending the body. */
const unmarked: ReadonlySet<string> = new Set(['cerebras-reasoning-tools', 'perplexity-citations']);

/** Reads a stream in these pieces; unless it is `ended`, the body goes on. */
function read(pieces: readonly Buffer[], { ended = true, endMark = true } = {}) {
  const stream = new ChunkStream(notExpected, endMark);
  const events: UpstreamEvent[] = [];
  for (const piece of [...pieces, ...(ended ? [null] : [])]) {
    if (stream.done) break;
    if (piece) stream.read(piece);
    const reading = piece ? stream.said() : stream.close();
    events.push(...reading.events);
    if (reading.fault) return { events, thrown: reading.fault.thrown, done: stream.done };
  }
  return { events, thrown: undefined, done: stream.done };
}

/** What a person or a bill reads of the events. */
function summary(events: readonly UpstreamEvent[]) {
  const calls: { callId?: string | undefined; name?: string | undefined; arguments: string }[] = [];
  let text = '';
  let reasoning = '';
  for (const event of events) {
    if (event.type === 'text') text += event.text;
    if (event.type === 'reasoning') reasoning += event.text;
    if (event.type === 'toolCall') {
      const { callId, name } = event;
      calls[event.index] ??= { callId, name, arguments: '' };
      const call = calls[event.index];
      if (call) call.arguments += event.arguments;
    }
  }
  const annotations = events.find((event) => event.type === 'annotations')?.annotations;
  const usage = events.find((event) => event.type === 'usage')?.usage;
  const finish = events.find((event) => event.type === 'finish')?.reason;
  return {
    ...(text ? { text } : {}),
    ...(reasoning ? { reasoning } : {}),
    ...(calls.length ? { calls } : {}),
    ...(annotations ? { annotations } : {}),
    usage,
    finish,
  };
}

const noCache = { cacheRead: 0, cacheWrite: 0, reasoning: 0 };

const cites = (url: string) => ({ type: 'url_citation', url_citation: { url, title: url } });

const expected: Readonly<Record<string, ReturnType<typeof summary>>> = {
  'openai-text': {
    text: 'Grüße aus dem 市場 👋🏽.',
    usage: { prompt: 2006, completion: 9, cacheRead: 1920, cacheWrite: 0, reasoning: 0 },
    finish: { unified: 'STOP', raw: 'stop' },
  },
  'openai-tools': {
    calls: [
      { callId: 'call_Ab1', name: 'get_weather', arguments: '{"city":"Łódź"}' },
      { callId: 'call_Ab2', name: 'get_time', arguments: '{"zone":"CET"}' },
    ],
    usage: { prompt: 81, completion: 33, ...noCache },
    finish: { unified: 'TOOL_CALLS', raw: 'tool_calls' },
  },
  'deepseek-reasoning': {
    text: 'Four.',
    reasoning: 'Two and two.',
    usage: { prompt: 70, completion: 12, cacheRead: 64, cacheWrite: 0, reasoning: 8 },
    finish: { unified: 'STOP', raw: 'stop' },
  },
  'groq-reasoning': {
    text: 'Yes.',
    reasoning: 'Simple.',
    usage: { prompt: 73, completion: 11, cacheRead: 0, cacheWrite: 0, reasoning: 4 },
    finish: { unified: 'STOP', raw: 'stop' },
  },
  'together-text': {
    text: 'One two',
    usage: { prompt: 12, completion: 3, ...noCache },
    finish: { unified: 'STOP', raw: 'eos' },
  },
  'vllm-tools': {
    reasoning: 'Look it up.',
    calls: [{ callId: 'chatcmpl-tool-5e', name: 'lookup', arguments: '{"q": "oil"}' }],
    usage: { prompt: 20, completion: 15, ...noCache },
    finish: { unified: 'TOOL_CALLS', raw: 'tool_calls' },
  },
  'mistral-thinking': {
    text: 'Seven.',
    reasoning: 'Count the stalls.',
    usage: { prompt: 28, completion: 17, ...noCache },
    finish: { unified: 'STOP', raw: 'stop' },
  },
  'mistral-tools': {
    calls: [
      { callId: 'D681PevKs', name: 'sum', arguments: '{"a": 1}' },
      { callId: 'q9Zt1aBcd', name: 'sum', arguments: '{"a": 2}' },
    ],
    usage: { prompt: 96, completion: 34, ...noCache },
    finish: { unified: 'TOOL_CALLS', raw: 'tool_calls' },
  },
  'xai-tools': {
    reasoning: 'Ask the tool.',
    calls: [{ callId: 'call_81', name: 'weather', arguments: '{"location":"Oslo"}' }],
    usage: { prompt: 291, completion: 254, cacheRead: 290, cacheWrite: 0, reasoning: 228 },
    finish: { unified: 'TOOL_CALLS', raw: 'tool_calls' },
  },
  'openrouter-reasoning': {
    text: 'See the page.',
    reasoning: 'Hm',
    annotations: [
      { type: 'url_citation', url_citation: { url: 'https://example.com', title: 'A page' } },
    ],
    usage: { prompt: 1500, completion: 20, cacheRead: 300, cacheWrite: 1000, reasoning: 5 },
    finish: { unified: 'STOP', raw: 'stop' },
  },
  'fireworks-text': {
    text: '**Open Stalls**\n==========\n\nSeven of them sell 市場',
    usage: { prompt: 46, completion: 20, ...noCache },
    finish: { unified: 'LENGTH', raw: 'length' },
  },
  'cerebras-reasoning-tools': {
    reasoning: 'Ask the "scales" of Łódź.',
    calls: [{ callId: 'bbd2b9d98', name: 'weighStall', arguments: '{}' }],
    usage: { prompt: 322, completion: 104, cacheRead: 256, cacheWrite: 0, reasoning: 97 },
    finish: { unified: 'TOOL_CALLS', raw: 'tool_calls' },
  },
  'perplexity-citations': {
    text: 'The market opens at seven **市場** [2][3]',
    annotations: [
      cites('https://stalls.example/krakow'),
      cites('https://market.example/łódź'),
      cites('https://prices.example/'),
    ],
    usage: { prompt: 10, completion: 10, ...noCache },
    finish: { unified: 'STOP', raw: 'stop' },
  },
  'azure-filtered': {
    text: 'I will',
    usage: { prompt: 30, completion: 2, ...noCache },
    finish: { unified: 'CONTENT_FILTER', raw: 'content_filter' },
  },
};

describe.each(Object.keys(expected))('the stream of %s', (name) => {
  const bytes = fixture(name);
  const endMark = !unmarked.has(name);
  const readAll = (pieces: readonly Buffer[]) => read(pieces, { endMark });
  const whole = readAll([bytes]);

  test('says what the service said, each thing once', () => {
    expect(whole.thrown).toBeUndefined();
    expect(summary(whole.events)).toEqual(expected[name]);
  });

  test('ends with its usage and its finish, and has them nowhere else', () => {
    const kinds = whole.events.map((event) => event.type);
    expect(kinds.slice(-2)).toEqual(['usage', 'finish']);
    expect(kinds.slice(0, -2)).not.toContain('usage');
    expect(kinds.slice(0, -2)).not.toContain('finish');
  });

  test('gives the same events wherever a read cuts it, also inside a character', () => {
    for (let at = 1; at < bytes.length; at++) {
      const cut = readAll([bytes.subarray(0, at), bytes.subarray(at)]);
      expect(cut).toEqual(whole);
    }
  });

  test('gives the same events in any pieces, down to single bytes', () => {
    expect(readAll(Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(whole);
    const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 200, maxLength: 400 });
    fc.assert(
      fc.property(lengths, (sizes) => {
        let start = 0;
        const pieces = sizes.map((size) => {
          start += size;
          return bytes.subarray(start - size, start);
        });
        expect(readAll([...pieces, bytes.subarray(start)])).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test('broken off anywhere before its end never looks like one', () => {
    const mark = endMark ? bytes.lastIndexOf('[DONE]') + '[DONE]'.length : bytes.length;
    for (let length = 0; length < mark; length++) {
      const { events, thrown, done } = readAll([bytes.subarray(0, length)]);
      expect(thrown).toMatchObject({ failure: 'CUT' });
      expect(done).toBe(false);
      expect(events.some((event) => event.type === 'finish')).toBe(false);
    }
    expect(readAll([bytes.subarray(0, mark)])).toEqual(whole);
  });
});

describe('a stream', () => {
  const chunks = (...data: readonly unknown[]) =>
    data.map((each) => {
      const text = typeof each === 'string' ? each : JSON.stringify(each);
      return Buffer.from(`data: ${text}\n\n`);
    });
  const says = (content: string) => ({ choices: [{ index: 0, delta: { content } }] });
  const finish = (reason: string) => ({ choices: [{ delta: {}, finish_reason: reason }] });

  test('yields nothing for heartbeats, roles and empty chunks', () => {
    const empty = chunks({ choices: [] }, {}, says(''), { choices: [{ delta: null }] }, '');
    const { events } = read([Buffer.from(': ping\n\n:\n\nevent: ping\n\n'), ...empty], {
      ended: false,
    });
    expect(events).toEqual([]);
  });

  test('gives the events of one read as one batch', () => {
    const stream = new ChunkStream(notExpected);
    for (const piece of chunks(says('a'), says('b'), says('c'))) stream.read(piece);
    const { events } = stream.said();
    expect(events.map((event) => event.type === 'text' && event.text)).toEqual(['a', 'b', 'c']);
  });

  test('that ends with the mark but without a finish reason is CUT', () => {
    expect(read(chunks(says('a'), '[DONE]')).thrown).toMatchObject({ failure: 'CUT' });
  });

  test('of a service without end marks is CUT without a finish reason', () => {
    expect(read(chunks(says('a')), { endMark: false }).thrown).toMatchObject({ failure: 'CUT' });
  });

  test('of a service without end marks ends at one all the same', () => {
    const { events, done } = read(chunks(finish('stop'), '[DONE]'), {
      ended: false,
      endMark: false,
    });
    expect([done, events.map(({ type }) => type)]).toEqual([true, ['finish']]);
  });

  test('with a broken chunk delivers what came before it, and is MALFORMED', () => {
    const { events, thrown } = read([Buffer.concat(chunks(says('a'), '{"choices":[{'))]);
    expect(events).toEqual([{ type: 'text', text: 'a' }]);
    expect(thrown).toMatchObject({ failure: 'MALFORMED' });
  });

  test.each(['null', '12', '"text"'])('with the chunk %s is MALFORMED', (data) => {
    expect(read(chunks(data)).thrown).toMatchObject({ failure: 'MALFORMED' });
  });

  test('says nothing of what stands behind its end mark', () => {
    const { events } = read([Buffer.concat(chunks(finish('stop'), '[DONE]', says('late')))]);
    expect(events.map((event) => event.type)).toEqual(['finish']);
  });

  test('keeps the first finish reason and the last usage', () => {
    const usage = (completion: number) => ({
      choices: [],
      usage: { prompt_tokens: 3, completion_tokens: completion },
    });
    const bytes = chunks(usage(1), finish('length'), finish('stop'), usage(2), '[DONE]');
    const { events } = read(bytes);
    expect(events).toMatchObject([
      { usage: { prompt: 3, completion: 2 } },
      { reason: { unified: 'LENGTH', raw: 'length' } },
    ]);
  });

  test('says what is new in a chunk, not the message so far beside it', () => {
    const both = (content: string, soFar: string) => ({
      choices: [{ index: 0, delta: { content }, message: { content: soFar } }],
    });
    const { events } = read(chunks(both('One', 'One'), both(' two', 'One two')), { ended: false });
    expect(events.map((event) => event.type === 'text' && event.text)).toEqual(['One', ' two']);
  });

  test('that annotates its message says its sources once', () => {
    const annotations = [{ type: 'url_citation', url_citation: { url: 'https://a', title: 'A' } }];
    const annotated = { choices: [{ index: 0, delta: { content: 'a', annotations } }] };
    const { events } = read(
      chunks({ ...annotated, citations: ['https://a'] }, finish('stop'), '[DONE]'),
    );
    expect(events.filter(({ type }) => type === 'annotations')).toEqual([
      { type: 'annotations', annotations },
    ]);
  });

  test('reads the first choice alone', () => {
    const two = { choices: [{ index: 1, delta: { content: 'second' } }, says('first').choices[0]] };
    expect(read(chunks(two), { ended: false }).events).toEqual([{ type: 'text', text: 'first' }]);
  });

  test.each([
    ['an error object', { error: { message: 'gone' } }],
    ['an error beside a choice', { choices: [{ delta: {}, error: { message: 'gone' } }] }],
    ['a finish reason that is none', finish('error')],
  ])('with %s fails, and what was said before stays said', (_, chunk) => {
    const { events, thrown } = read([Buffer.concat(chunks(says('a'), chunk, '[DONE]'))]);
    expect(events).toEqual([{ type: 'text', text: 'a' }]);
    expect(thrown).toMatchObject({ failure: 'ERROR_IN_BODY' });
  });

  test('with an event named error fails with the words of its data', () => {
    const bytes = Buffer.from('event: error\ndata: {"message":"gone"}\n\n');
    expect(read([bytes]).thrown).toMatchObject({ cause: { message: 'gone' } });
  });

  test('passes refusals and signatures on as they are', () => {
    const details = [{ type: 'reasoning.encrypted', data: 'b3BhcXVl' }];
    const { events } = read(
      chunks({ choices: [{ delta: { refusal: 'No.', reasoning_details: details } }] }),
      { ended: false },
    );
    expect(events).toEqual([
      { type: 'reasoning', text: '', details },
      { type: 'refusal', text: 'No.' },
    ]);
  });

  const call = (given: object) => ({
    tool_calls: [{ index: 0, id: 'a', function: { name: 'f', arguments: '' }, ...given }],
  });
  test.each<[string, (odd: unknown) => unknown]>([
    ['a text', (odd) => ({ delta: { content: odd } })],
    ['a part', (odd) => ({ delta: { content: [{ type: 'text', text: odd }] } })],
    ['a thought', (odd) => ({ delta: { reasoning_content: odd } })],
    ['a thought by another name', (odd) => ({ delta: { thinking: odd } })],
    ['a part of a thought', (odd) => ({ delta: { content: [{ thinking: [{ text: odd }] }] } })],
    ['a detail of a thought', (odd) => ({ delta: { reasoning_details: [{ text: odd }] } })],
    ['a refusal', (odd) => ({ delta: { refusal: odd } })],
    ["a tool call's id", (odd) => ({ delta: call({ id: odd }) })],
    ["a tool's name", (odd) => ({ delta: call({ function: { name: odd } }) })],
    ['tool calls', (odd) => ({ delta: { tool_calls: odd } })],
    ['a finish reason', (odd) => ({ delta: {}, finish_reason: odd })],
  ])('with something else where %s should stand is MALFORMED', (_, choice) => {
    for (const odd of [5, true, { text: 'a' }, [null]]) {
      const { events, thrown } = read(chunks({ choices: [choice(odd)] }));
      expect(events).toEqual([]);
      expect(thrown).toMatchObject({ name: 'UpstreamFault', failure: 'MALFORMED' });
    }
  });
});
