import { expect, it } from 'vitest';
import type { Completion } from '#completions';
import { StatusFeed } from '../../src/completions/feed/status-feed.ts';
import { StatusViewer } from '../../src/completions/feed/status-viewer.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { stand } from './stand.ts';

it('a viewer that fails keeps no run from its end, and others are told', async () => {
  const log = recordingLog();
  const feed = new StatusFeed(log);
  const enter = (shown: (completion: Completion) => Completion | null) => {
    const { signal } = new AbortController();
    const viewer = new StatusViewer({ clock: virtualClock(), shown, signal, left: () => {} });
    feed.enter('org_1', viewer);
    return viewer;
  };
  enter(() => {
    throw new Error('It cannot be shown');
  });
  const other = enter((completion) => completion);
  const { completion } = await stand({}).run();
  feed.tell('org_1', () => completion);
  expect((await other.next()).value).toBe(completion);
  expect(log.lines).toMatchObject([{ message: 'a viewer of completions failed' }]);
});
