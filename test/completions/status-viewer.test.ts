import { expect, it } from 'vitest';
import type { Completion } from '#completions';
import { StatusViewer } from '../../src/completions/feed/status-viewer.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { stand } from './stand.ts';

async function watching(shown = (completion: Completion): Completion | null => completion) {
  const clock = virtualClock();
  const leaving = new AbortController();
  const left: string[] = [];
  const viewer = new StatusViewer({
    clock,
    shown,
    signal: leaving.signal,
    left: () => void left.push('left'),
  });
  const ended = (await stand({}).run()).completion;
  const numbered = (n: number, finished: boolean): Completion => ({
    ...ended,
    id: `cmp_${n}`,
    finishedAt: finished ? ended.finishedAt : null,
  });
  return { clock, viewer, leaving, left, numbered };
}

it('tells one change after the other, in order', async () => {
  const { viewer, numbered } = await watching();
  const first = viewer.next();
  viewer.take(numbered(1, false));
  viewer.take(numbered(1, true));
  expect((await first).value).toMatchObject({ id: 'cmp_1', finishedAt: null });
  expect((await viewer.next()).value?.finishedAt).not.toBeNull();
});

it('STREAM 19: above 20 changes in a second it tells ends alone, later all again', async () => {
  const { clock, viewer, numbered } = await watching();
  for (let n = 1; n <= 30; n++) viewer.take(numbered(n, false));
  viewer.take(numbered(31, true));
  await clock.advance(1_000);
  viewer.take(numbered(32, false));
  const told: string[] = [];
  for (let n = 1; n <= 22; n++) told.push((await viewer.next()).value?.id ?? '');
  expect(told.slice(0, 20)).toEqual(Array.from({ length: 20 }, (_, n) => `cmp_${n + 1}`));
  expect(told.slice(20)).toEqual(['cmp_31', 'cmp_32']);
});

it('what waits for a viewer that does not read is bounded: the oldest go', async () => {
  const { viewer, numbered } = await watching();
  for (let n = 1; n <= 1_500; n++) viewer.take(numbered(n, true));
  expect((await viewer.next()).value?.id).toBe('cmp_501');
});

it('tells nothing of what the viewer may not see', async () => {
  const { viewer, numbered } = await watching(() => null);
  viewer.take(numbered(2, true));
  viewer.begin(numbered(2, true));
  let told = false;
  void viewer.next().then(() => {
    told = true;
  });
  await Promise.resolve();
  expect(told).toBe(false);
});

it('leaving ends it, once, also while it waits', async () => {
  const { viewer, leaving, left } = await watching();
  const next = viewer.next();
  leaving.abort();
  expect(await next).toEqual({ done: true, value: undefined });
  await viewer.return();
  expect(left).toEqual(['left']);
});
