import { expect, it } from 'vitest';
import { StatusFeed } from '../../../src/completions/feed/status-feed.ts';
import { StatusViewer } from '../../../src/completions/feed/status-viewer.ts';
import { Interest } from '../../../src/completions/nodes/interest.ts';
import type { Registry } from '../../../src/completions/runs/registry.ts';
import { recordingLog } from '../../harness/recording-log.ts';
import { completionOf } from '../../harness/stand-in-completion.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';
import { postOf, wires } from './stand.ts';

it('who comes back to watch is told what runs elsewhere, however soon that is', async () => {
  const clock = virtualClock();
  const { bus } = wires();
  const [there, here] = [postOf(bus), postOf(bus)];
  const running = {
    payer: { organization: { id: 'org_1' } },
    completion: () => completionOf('cmp_1', { messages: [] }, 'org_1'),
  };
  const runs = new Interest({
    clock,
    post: there.post,
    feed: new StatusFeed(recordingLog()),
    registry: { live: () => [running] } as unknown as Registry, // nothing else of it is asked
  });
  there.post.onLetter((letter, from) => {
    if (letter.kind === 'watch') runs.heard(letter, from);
  });
  const feed = new StatusFeed(recordingLog());
  const registry = { live: () => [] } as unknown as Registry;
  new Interest({ clock, post: here.post, feed, registry });
  const watch = () => {
    const { signal } = new AbortController();
    const shown = (completion: object) => completion as never;
    return feed.enter('org_1', new StatusViewer({ clock, shown, signal, left: () => {} }));
  };
  const told = () => here.got.filter(({ kind }) => kind === 'status').length;

  const leave = watch();
  expect(told()).toBe(1);
  await clock.advance(5_000);
  expect(told()).toBe(1);
  leave();
  watch();
  expect(told()).toBe(2);
});
