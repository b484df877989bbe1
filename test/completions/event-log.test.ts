import { expect, it } from 'vitest';
import { noUsage } from '../../src/completions/completion.ts';
import { EventLog } from '../../src/completions/events/event-log.ts';
import type { Unnumbered } from '../../src/completions/events/events.ts';
import { Fault } from '../../src/kernel/index.ts';

const text = (value: string): Unnumbered => ({ type: 'TextDelta', text: value });
const failed = {
  type: 'CompletionFailed',
  error: new Fault('INTERNAL', { public: 'no' }),
  usage: noUsage,
  completion: null as never, // not looked at
} as const;

it('STREAM 1: numbers events from 1 without a gap', () => {
  const log = new EventLog('cmp_1');
  for (const word of ['a', 'b', 'c']) log.append(text(word));
  expect([0, 1, 2].flatMap((n) => log.after(n)[0]?.firstSequence)).toEqual([1, 2, 3]);
});

it('STREAM 5: joins deltas in a replay and says which numbers each covers', () => {
  const log = new EventLog('cmp_1');
  log.append(text('a'));
  log.append(text('b'));
  log.append({ type: 'ReasoningDelta', text: 'hm', details: null });
  log.append(text('c'));
  expect(log.after(0).map((e) => [e.type, e.firstSequence, e.sequence])).toEqual([
    ['TextDelta', 1, 2],
    ['ReasoningDelta', 3, 3],
    ['TextDelta', 4, 4],
  ]);
  expect(log.after(1).map((e) => 'text' in e && e.text)).toEqual(['b', 'hm', 'c']);
});

it('STREAM 5: who begins to read finds apart what was read: it may have seen some', () => {
  const log = new EventLog('cmp_1');
  for (const word of ['a', 'b', 'c']) log.append(text(word));
  const numbers = (after: number, begins: boolean) =>
    log.after(after, begins).map((e) => [e.firstSequence, e.sequence]);
  expect(numbers(0, true)).toEqual([[1, 3]]);
  for (const word of ['d', 'e']) log.append(text(word));
  const apart = [
    [1, 1],
    [2, 2],
    [3, 3],
  ];
  expect(numbers(0, true)).toEqual([...apart, [4, 5]]);
  expect(numbers(3, false)).toEqual([[4, 5]]);
});

it('§12 takes any number that was ever delivered as a cursor', () => {
  const log = new EventLog('cmp_1');
  for (const word of ['a', 'b', 'c', 'd']) log.append(text(word));
  const joined = (after: number) =>
    log
      .after(after)
      .map((e) => ('text' in e ? e.text : ''))
      .join('');
  expect([0, 1, 2, 3, 4].map(joined)).toEqual(['abcd', 'bcd', 'cd', 'd', '']);
});

it('refuses anything after the last event', () => {
  const log = new EventLog('cmp_1');
  log.append(failed);
  expect(log.closed).toBe(true);
  expect(() => log.append(text('late'))).toThrow('nothing follows');
});

it('wakes whoever waits, once for what comes together, until it waits no more', () => {
  const log = new EventLog('cmp_1');
  let woken = 0;
  const stop = log.onMore(() => woken++);
  log.append(text('a'), text('b'));
  log.append(text('c'));
  expect([woken, log.length]).toEqual([2, 3]);
  stop();
  log.append(text('d'));
  expect(woken).toBe(2);
});
