import { expect, it } from 'vitest';
import { readEnvelope, writeEnvelope } from '../../src/bus/envelope.ts';

const origin = 'node-1';

it('what was written is read back', () => {
  const envelopes = [
    { kind: 'healed', origin },
    { kind: 'message', origin, topic: 'changes', message: { number: '7' } },
    {
      kind: 'message',
      origin,
      topic: 'breaker',
      message: { endpoint: 'end_1', credential: null, state: 'OPEN', until: 5, node: 'n' },
    },
  ] as const;
  for (const envelope of envelopes) {
    expect(readEnvelope(writeEnvelope(envelope))).toEqual(envelope);
  }
});

it('fields that a newer node adds are dropped, not refused', () => {
  const text = JSON.stringify({
    kind: 'message',
    origin,
    topic: 'recall',
    message: { account: 'acc_1', urgent: true },
  });
  expect(readEnvelope(text)).toMatchObject({ message: { account: 'acc_1' } });
  expect(readEnvelope(text)).not.toMatchObject({ message: { urgent: true } });
});

it.each([
  ['not JSON', '{'],
  ['null', 'null'],
  ['a list', '[]'],
  ['without an origin', '{"kind":"healed"}'],
  ['of an unknown kind', '{"kind":"other","origin":"a"}'],
  ['of an unknown topic', '{"kind":"message","origin":"a","topic":"gossip","message":{}}'],
  ['of an inherited topic', '{"kind":"message","origin":"a","topic":"toString","message":{}}'],
  ['of a wrong form', '{"kind":"message","origin":"a","topic":"recall","message":{"account":7}}'],
  ['without a message', '{"kind":"message","origin":"a","topic":"recall"}'],
  [
    'with a number that is none',
    '{"kind":"message","origin":"a","topic":"changes","message":{"number":"1e9"}}',
  ],
])('a text that is %s is no envelope', (_, text) => {
  expect(readEnvelope(text)).toBe(null);
});
