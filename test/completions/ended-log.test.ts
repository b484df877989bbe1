import fc from 'fast-check';
import { expect, it, vi } from 'vitest';
import { noUsage } from '../../src/completions/completion.ts';
import { EndedLog } from '../../src/completions/events/ended-log.ts';
import { EventLog } from '../../src/completions/events/event-log.ts';
import type { Unnumbered } from '../../src/completions/events/events.ts';
import { Fault } from '../../src/kernel/index.ts';

const failed = {
  type: 'CompletionFailed',
  error: new Fault('INTERNAL', { public: 'no' }),
  usage: noUsage,
  completion: null as never, // not looked at
} as const;

const pieces = fc.array(
  fc.oneof(
    fc.record({ type: fc.constant('TextDelta' as const), text: fc.string({ unit: 'grapheme' }) }),
    fc.record({
      type: fc.constant('TextDelta' as const),
      text: fc.string(),
      refusal: fc.constant(true as const),
    }),
    fc.record({
      type: fc.constant('ReasoningDelta' as const),
      text: fc.string(),
      details: fc.constantFrom(null, [{ signature: 'abc' }]),
    }),
    fc.record({
      type: fc.constant('ToolCallDelta' as const),
      index: fc.constantFrom(0, 1),
      callId: fc.constantFrom(null, 'call'),
      name: fc.constantFrom(null, 'name'),
      arguments: fc.string(),
    }),
  ),
);

it('STREAM 5: after the end every number is a cursor to the same events as before', () => {
  fc.assert(
    fc.property(pieces, (deltas) => {
      const log = new EventLog('cmp_1');
      log.append(...(deltas as Unnumbered[]), failed);
      const ended = new EndedLog(log.events);
      for (let after = 0; after <= log.length + 1; after++) {
        expect(ended.after(after)).toEqual(log.after(after));
      }
      expect([ended.length, ended.closed]).toEqual([log.length, true]);
    }),
  );
});

it('STREAM 5: what was read stays apart for who begins, and loses nothing', () => {
  fc.assert(
    fc.property(pieces, (deltas) => {
      const log = new EventLog('cmp_1');
      log.append(...(deltas as Unnumbered[]));
      log.append(failed);
      const kept = log.events;
      log.after(0, true);
      const joined = kept.map((_event, after) => log.after(after));
      const ended = log.end();
      for (const [after, rest] of joined.entries()) {
        expect(ended.after(after, true)).toEqual(kept.slice(after));
        expect(ended.after(after)).toEqual(rest);
        expect(log.after(after)).toEqual(rest);
      }
      expect(log.events).toEqual(kept);
    }),
  );
});

it('is one event for each stretch of text', () => {
  const log = new EventLog('cmp_1');
  for (const text of ['a', 'b', 'c']) log.append({ type: 'TextDelta', text });
  log.append(failed);
  expect(new EndedLog(log.events).size).toBe(2);
});

it('who reads the log of a run that has ended holds no more than is kept of it', () => {
  const log = new EventLog('cmp_1');
  for (const text of ['a', 'b', 'c']) log.append({ type: 'TextDelta', text });
  log.append(failed);
  const woken = vi.fn();
  log.onMore(woken);
  const ended = log.end();
  expect(log.after(1)).toEqual(ended.after(1));
  ended.forget();
  expect([log.gone, log.length, log.after(1), woken.mock.calls.length]).toEqual([true, 4, [], 1]);
});
