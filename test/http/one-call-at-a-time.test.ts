import { expect, it } from 'vitest';
import type { CompletionEvent } from '#completions';
import { oneCallAtATime } from '../../src/http/rest/one-call-at-a-time.ts';

/** Text of an answer, or the arguments of a call. */
type Said = string | readonly [index: number, text: string];

const numbered = { completionId: 'cmp_1', sequence: 1, firstSequence: 1 };

/** The first fragment of a call alone says which it is. */
const eventOf = (said: Said, at: number, all: readonly Said[]): CompletionEvent =>
  typeof said === 'string'
    ? { ...numbered, type: 'TextDelta', text: said }
    : {
        ...numbered,
        type: 'ToolCallDelta',
        index: said[0],
        callId: all.findIndex(([index]) => index === said[0]) === at ? `call_${said[0]}` : null,
        name: null,
        arguments: said[1],
      };

const end = { ...numbered, type: 'CompletionFailed' } as CompletionEvent;

/** What is told at each event, and at the end. */
function told(...said: Said[]): string[] {
  const write = oneCallAtATime((event) => {
    if (event.type === 'TextDelta') return `${event.text};`;
    return event.type === 'ToolCallDelta' ? `${event.index}:${event.arguments};` : 'end';
  });
  return [...said.map(eventOf), end].map(write);
}

it('calls that come one after the other are told as they come', () => {
  expect(told('a', [0, '{"b"'], [0, ':1}'], [1, '{'], [1, '}'], 'c')).toEqual([
    'a;',
    '0:{"b";',
    '0::1};',
    '1:{;',
    '1:};',
    'c;',
    'end',
  ]);
});

it('what comes before a call is whole waits for the end, which may be a failure', () => {
  expect(told([0, '{'], [1, '{"'], 'a', [0, '}'], [1, '"'], 'b')).toEqual([
    '0:{;',
    '',
    '',
    '0:};',
    '',
    '',
    '1:{";1:";a;b;end',
  ]);
});

it('what comes behind a call that is ended is no call of its own', () => {
  const first = ['0:{};', '1:{};'];
  expect(told([0, '{}'], [1, '{}'], [0, '\n'])).toEqual([...first, '', 'end']);
  expect(told([0, '{}'], [1, '{'], 'a', [0, '\n'])).toEqual(['0:{};', '1:{;', '', '', 'a;end']);
});
