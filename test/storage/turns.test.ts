import { describe, expect, test } from 'vitest';
import { type Seat, type SingleSession, Turns } from '../../src/storage/turns.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

/** A session that notes what it ran and understands BEGIN, COMMIT and nothing else. */
function room() {
  const clock = virtualClock();
  const events: string[] = [];
  let open = false;
  const session: SingleSession = {
    run(unit) {
      const text = Buffer.from(unit).toString();
      if (text.endsWith('BEGIN')) open = true;
      if (text.endsWith('COMMIT')) open = false;
      events.push(text);
      return unit;
    },
    inTransaction: () => open,
    rollback() {
      open = false;
      events.push('rollback');
    },
  };
  const turns = new Turns(session, { clock, idleMs: 5_000 });
  const seat = (name: string): Seat & { say(text: string): void; leave(): void } => {
    const self = {
      answer() {},
      expel: () => void events.push(`${name} expelled`),
      say: (text: string) => turns.enter(self, Buffer.from(`${name} ${text}`)),
      leave: () => turns.leave(self),
    };
    return self;
  };
  return { clock, events, a: seat('a'), b: seat('b') };
}

describe('connections that share a session', () => {
  test('run in the order of their arrival', () => {
    const { events, a, b } = room();
    a.say('1');
    b.say('2');
    a.say('3');
    expect(events).toEqual(['a 1', 'b 2', 'a 3']);
  });

  test('wait while another is in a transaction, and go on when it has ended', () => {
    const { events, a, b } = room();
    a.say('BEGIN');
    b.say('1');
    b.say('2');
    a.say('update');
    expect(events).toEqual(['a BEGIN', 'a update']);
    a.say('COMMIT');
    expect(events).toEqual(['a BEGIN', 'a update', 'a COMMIT', 'b 1', 'b 2']);
  });

  test('are freed of one that disconnects in its transaction, which is rolled back', () => {
    const { events, a, b, clock } = room();
    a.say('BEGIN');
    b.say('1');
    a.leave();
    expect(events).toEqual(['a BEGIN', 'rollback', 'b 1']);
    expect(clock.pending).toBe(0);
  });

  test('are freed of one that is silent in its transaction for five seconds', async () => {
    const { events, a, b, clock } = room();
    a.say('BEGIN');
    b.say('1');
    await clock.advance(4_999);
    a.say('still here');
    await clock.advance(4_999);
    expect(events).toEqual(['a BEGIN', 'a still here']);
    await clock.advance(1);
    expect(events).toEqual(['a BEGIN', 'a still here', 'rollback', 'b 1', 'a expelled']);
  });

  test('get no answer to what a connection wanted that has gone', () => {
    const { events, a, b } = room();
    a.say('BEGIN');
    b.say('1');
    b.leave();
    a.say('COMMIT');
    expect(events).toEqual(['a BEGIN', 'a COMMIT']);
  });
});
