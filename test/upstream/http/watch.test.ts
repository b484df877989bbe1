import { expect, test } from 'vitest';
import type { UpstreamFailure } from '#upstream';
import { AttemptWatch } from '../../../src/upstream/http/watch.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';

const limits = { connectMs: 100, firstContentMs: 1_000, idleMs: 300, totalMs: 5_000 };

function watched(timeouts = limits) {
  const clock = virtualClock();
  const expired: [UpstreamFailure, number][] = [];
  const watch = new AttemptWatch(clock, timeouts, (failure) => {
    expired.push([failure, clock.monotonic()]);
  });
  return { clock, watch, expired };
}

test('the connection has its own time', async () => {
  const { clock, expired } = watched();
  await clock.advance(10_000);
  expect(expired).toEqual([['CONNECT_TIMEOUT', 100]]);
});

test('the first content counts from the start, not from the connection', async () => {
  const { clock, watch, expired } = watched();
  await clock.advance(90);
  watch.connected();
  await clock.advance(10_000);
  expect(expired).toEqual([['FIRST_CONTENT_TIMEOUT', 1_000]]);
});

test('what came while the thread was busy is seen before anybody is blamed', async () => {
  const { clock, watch, expired } = watched();
  // Due at the same moment, and after it: as a connection is that stands when the timer fires.
  clock.after(100, () => watch.connected());
  clock.after(1_000, () => watch.content());
  await clock.advance(1_000);
  expect(expired).toEqual([]);
  clock.after(300, () => watch.read());
  await clock.advance(10_000);
  expect(expired).toEqual([['IDLE_TIMEOUT', 1_600]]);
});

test('a first-content time below the connection time counts as soon', async () => {
  const { clock, expired } = watched({ ...limits, firstContentMs: 50 });
  await clock.advance(10_000);
  expect(expired).toEqual([['FIRST_CONTENT_TIMEOUT', 50]]);
});

test('each read starts the idle time anew', async () => {
  const { clock, watch, expired } = watched();
  watch.connected();
  watch.content();
  for (let read = 0; read < 4; read++) {
    await clock.advance(250);
    watch.read();
  }
  await clock.advance(10_000);
  expect(expired).toEqual([['IDLE_TIMEOUT', 1_300]]);
});

test('the whole attempt ends though reads keep coming', async () => {
  const { clock, watch, expired } = watched();
  watch.connected();
  watch.content();
  for (let read = 0; read < 30; read++) {
    await clock.advance(250);
    watch.read();
  }
  expect(expired).toEqual([['TOTAL_TIMEOUT', 5_000]]);
});

test('a rest is not idle, and the idle time is whole after it', async () => {
  const { clock, watch, expired } = watched();
  watch.connected();
  watch.content();
  watch.rest();
  await clock.advance(2_000);
  watch.wake();
  await clock.advance(10_000);
  expect(expired).toEqual([['IDLE_TIMEOUT', 2_300]]);
});

test('nothing expires after the end, and no timer waits', async () => {
  const { clock, watch, expired } = watched();
  watch.end();
  expect(clock.pending).toBe(0);
  await clock.advance(10_000);
  expect(expired).toEqual([]);
});
