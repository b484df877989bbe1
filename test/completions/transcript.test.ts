import { expect, it } from 'vitest';
import { Transcript } from '../../src/completions/attempt/transcript.ts';
import type { UpstreamEvent } from '../../src/upstream/index.ts';

function after(...events: UpstreamEvent[]): Transcript {
  const transcript = new Transcript();
  for (const event of events) transcript.add(event);
  return transcript;
}

const call = (index: number, given: object): UpstreamEvent => ({
  type: 'toolCall',
  index,
  arguments: '',
  ...given,
});

it('is empty before anything came', () => {
  const { text, reasoning, reasoningDetails, refusal, toolCalls, bytes } = after();
  expect({ text, reasoning, reasoningDetails, refusal, toolCalls, bytes }).toEqual({
    text: '',
    reasoning: null,
    reasoningDetails: null,
    refusal: null,
    toolCalls: [],
    bytes: 0,
  });
});

it('joins what came in pieces, and keeps each kind apart', () => {
  const transcript = after(
    { type: 'reasoning', text: 'Hm' },
    { type: 'text', text: 'Good ' },
    { type: 'reasoning', text: ', well', details: [{ signature: 'a' }] },
    { type: 'text', text: '市場' },
    { type: 'reasoning', text: '', details: [{ signature: 'b' }] },
  );
  expect(transcript.text).toBe('Good 市場');
  expect(transcript.reasoning).toBe('Hm, well');
  expect(transcript.reasoningDetails).toEqual([{ signature: 'a' }, { signature: 'b' }]);
  expect(transcript.bytes).toBe(8 + 5 + 6);
  expect(transcript.generated).toBe('Hm, wellGood 市場');
});

it('a refusal is an answer as well: it is the text, and it says that it is one', () => {
  const transcript = after({ type: 'refusal', text: 'I will ' }, said('not.'));
  expect([transcript.text, transcript.refusal]).toEqual(['I will not.', 'I will ']);
});

const said = (text: string): UpstreamEvent => ({ type: 'text', text });

it('tool calls are put together by their index, whatever the order of their pieces', () => {
  const { toolCalls, generated } = after(
    call(1, { callId: 'b', name: 'late', arguments: '{}' }),
    call(0, { callId: 'a', name: 'look' }),
    call(0, { arguments: '{"at":' }),
    call(0, { callId: 'x', name: 'y', arguments: '1}' }),
  );
  expect(toolCalls).toEqual([
    { index: 0, callId: 'a', name: 'look', arguments: '{"at":1}' },
    { index: 1, callId: 'b', name: 'late', arguments: '{}' },
  ]);
  expect(generated).toBe('look{"at":1}late{}');
});

it('says of each event whether it was content', () => {
  const transcript = new Transcript();
  const added = (event: UpstreamEvent) => transcript.add(event);
  expect(added(said('a'))).toBe(true);
  expect(added(call(0, { name: 'f' }))).toBe(true);
  expect(added({ type: 'image', url: 'https://example.com/a.png' })).toBe(true);
  expect(added({ type: 'finish', reason: { unified: 'STOP', raw: 'stop' } })).toBe(false);
});

it('weighs what is kept beside the text: annotations, signatures and the pieces themselves', () => {
  const data = 'x'.repeat(1_000);
  const { besides } = after({ type: 'annotations', annotations: [data] });
  expect(besides).toBeGreaterThan(1_000);
  expect(after({ type: 'reasoning', text: '', details: [{ data }] }).besides).toBeGreaterThan(
    1_000,
  );
  expect(after(said('a'), said('b')).besides).toBe(2 * after(said('a')).besides);
  expect(after(said('a')).besides).toBeGreaterThan(0);
});
