import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type UpstreamEvent, UpstreamFault } from '#upstream';
import { ChunkStream } from '../../src/upstream/openai-stream.ts';

const unexpected = () => new UpstreamFault({ failure: 'ERROR_IN_BODY' });

const chunk = (content: string, given: object = {}, choice: object = {}) =>
  JSON.stringify({
    id: 'chatcmpl-1',
    model: 'acme/index',
    choices: [{ index: 0, delta: { content }, finish_reason: null, ...choice }],
    ...given,
  });
const framed = (data: string) => `data: ${data}\n\n`;

function read(stream: string, cuts: readonly number[] = []) {
  const bytes = Buffer.from(stream);
  const chunks = new ChunkStream(unexpected);
  const events: UpstreamEvent[] = [];
  const edges = [0, ...[...cuts].sort((a, b) => a - b), bytes.length];
  for (let edge = 1; edge < edges.length; edge++) {
    chunks.read(bytes, edges[edge - 1], edges[edge]);
    const reading = chunks.said();
    events.push(...reading.events);
    if (reading.fault) return { events, thrown: reading.fault.thrown };
  }
  return { events, thrown: undefined };
}

const said = (stream: string, cuts?: readonly number[]) =>
  read(stream, cuts).events.map((event) => ('text' in event ? event.text : event.type));

describe('chunks that differ in their text alone', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('index', 'acme/index', 'content', '"', '\\', '\n', 'probe', '👋🏽', '"}}]}'),
  );

  test('say what they say, whatever it is and wherever reads cut them', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 30 }), fc.array(fc.nat(4_000)), (texts, cuts) => {
        const stream = texts.map((each) => framed(chunk(each))).join('');
        const length = Buffer.byteLength(stream);
        const inside = cuts.filter((cut) => cut < length);
        const whole = texts.map((each) => each.toWellFormed()).filter((each) => each !== '');
        expect(said(stream, inside)).toEqual(whole);
      }),
    );
  });

  test('are read without being parsed', () => {
    const chunks = new ChunkStream(unexpected);
    chunks.read(Buffer.from(framed(chunk('first'))));
    chunks.said();
    const { parse } = JSON;
    let parsed = 0;
    JSON.parse = (...given) => {
      parsed++;
      return parse(...given);
    };
    try {
      chunks.read(Buffer.from(['a', 'b'].map((t) => framed(chunk(t))).join('')));
      const { events } = chunks.said();
      expect(events).toMatchObject([{ text: 'a' }, { text: 'b' }]);
    } finally {
      JSON.parse = parse;
    }
    expect(parsed).toBe(0);
  });
});

describe('among them', () => {
  const alike = ['one', 'two', 'three'].map((each) => framed(chunk(each))).join('');
  const before = ['one', 'two', 'three'];

  test.each([
    ['another model', chunk('x', { model: 'other' }), ['x']],
    ['a finish reason', chunk('x', {}, { finish_reason: 'stop' }), ['x']],
    ['usage', chunk('x', { usage: { prompt_tokens: 1, completion_tokens: 2 } }), ['x']],
    [
      'reasoning beside it',
      chunk('x', {}, { delta: { content: 'x', reasoning: 'r' } }),
      ['r', 'x'],
    ],
    ['a character that was escaped for nothing', chunk('x').replace('"x"', '"\\u0078"'), ['x']],
  ])('a chunk with %s is parsed', (_, data, then) => {
    expect(said(alike + framed(data) + alike)).toEqual([...before, ...then, ...before]);
  });

  test('a finish reason is not lost', () => {
    const end = framed(chunk('', {}, { finish_reason: 'length' })) + framed('[DONE]');
    expect(said(alike + end)).toEqual([...before, 'finish']);
  });

  test('a text that stands elsewhere too is looked for in its place', () => {
    const stream = framed(chunk('acme/index')) + framed(chunk('acme/index', { model: 'other' }));
    expect(said(stream)).toEqual(['acme/index', 'acme/index']);
  });

  test('the last usage is what was said last', () => {
    const usage = (completion_tokens: number) => ({
      usage: { prompt_tokens: 1, completion_tokens },
    });
    const counted = [chunk('a', usage(1)), chunk('', usage(2)), chunk('b', usage(1))];
    const end = [chunk('', {}, { finish_reason: 'stop' }), '[DONE]'];
    const { events } = read([...counted, ...end].map(framed).join(''));
    expect(events.at(-2)).toMatchObject({ type: 'usage', usage: { completion: 1 } });
  });

  test.each([
    ['a control character', chunk('x').replace('"x"', '"\t"')],
    ['no end of its text', chunk('x').slice(0, -30)],
    ['no end at all', chunk('x').slice(0, -1)],
  ])('a chunk with %s is MALFORMED', (_, data) => {
    const { events, thrown } = read(alike + framed(data));
    expect(thrown).toMatchObject({ failure: 'MALFORMED' });
    expect(events).toHaveLength(3);
  });

  test('an event that was named an error is one', () => {
    expect(read(`${alike}event: error\n${framed(chunk('x'))}`).thrown).toMatchObject({
      failure: 'ERROR_IN_BODY',
    });
  });
});
