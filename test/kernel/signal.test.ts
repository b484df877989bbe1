import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { deadline, linkAborts } from '#kernel';
import { virtualClock } from '../harness/virtual-clock.ts';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('a linked abort', () => {
  it('follows the first of its parents, with that reason', () => {
    const [a, b] = [new AbortController(), new AbortController()];
    const linked = linkAborts(a.signal, undefined, b.signal);
    expect(linked.signal.aborted).toBe(false);
    b.abort('left');
    a.abort('late');
    expect(linked.signal.reason).toBe('left');
  });

  it('is aborted from the start when a parent is', () => {
    const linked = linkAborts(new AbortController().signal, AbortSignal.abort('gone'));
    expect(linked.signal.reason).toBe('gone');
  });

  it('aborts by itself without touching its parents', () => {
    const parent = new AbortController();
    const linked = linkAborts(parent.signal);
    linked.abort('own');
    expect(linked.signal.reason).toBe('own');
    expect(parent.signal.aborted).toBe(false);
  });

  it('leaves nothing on a long-lived parent once released, nor once aborted', () => {
    const parent = new AbortController().signal;
    for (let round = 0; round < 100; round++) linkAborts(parent).release();
    expect(listeners(parent)).toBe(0);
    const [early, late] = [new AbortController(), new AbortController().signal];
    const linked = linkAborts(early.signal, late);
    early.abort('over');
    linked.release();
    expect([listeners(early.signal), listeners(late)]).toEqual([0, 0]);
    const born = linkAborts(late, AbortSignal.abort('before'));
    born.release();
    expect(listeners(late)).toBe(0);
  });

  it('no longer follows what it was released from', () => {
    const parent = new AbortController();
    const linked = linkAborts(parent.signal);
    linked.release();
    parent.abort('late');
    expect(linked.signal.aborted).toBe(false);
  });
});

describe('a deadline', () => {
  it('expires once, at its time', async () => {
    const clock = virtualClock();
    let expired = 0;
    deadline(clock, 100, () => expired++);
    await clock.advance(99);
    expect(expired).toBe(0);
    await clock.advance(1_000);
    expect(expired).toBe(1);
  });

  it('that is moved starts anew, with its first length or another', async () => {
    const clock = virtualClock();
    let expired = 0;
    const idle = deadline(clock, 100, () => expired++);
    await clock.advance(90);
    idle.move();
    await clock.advance(90);
    idle.move(500);
    await clock.advance(499);
    expect(expired).toBe(0);
    await clock.advance(1);
    expect(expired).toBe(1);
  });

  it('that is met never expires and leaves no timer', async () => {
    const clock = virtualClock();
    const idle = deadline(clock, 100, () => expect.unreachable());
    idle.meet();
    idle.meet();
    await clock.advance(1_000);
    expect(clock.pending).toBe(0);
  });
});
