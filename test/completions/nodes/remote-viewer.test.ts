import { expect, it } from 'vitest';
import { completionId, Fault } from '#kernel';
import { EventLog } from '../../../src/completions/events/event-log.ts';
import type { CompletionEvent } from '../../../src/completions/events/events.ts';
import { Answering } from '../../../src/completions/nodes/answering.ts';
import { Asking } from '../../../src/completions/nodes/asking.ts';
import { RemoteViewer } from '../../../src/completions/nodes/remote-viewer.ts';
import { RemoteViewers } from '../../../src/completions/nodes/remote-viewers.ts';
import { eventFromWire } from '../../../src/completions/nodes/wire.ts';
import type { Registry } from '../../../src/completions/runs/registry.ts';
import { completionOf } from '../../harness/stand-in-completion.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';
import { market } from '../../routing/stand.ts';
import { postOf, wires } from './stand.ts';

/** A completion that has ended at one node, and somebody who watches it at another. */
function watched() {
  const clock = virtualClock();
  const { bus } = wires();
  const [here, there] = [postOf(bus), postOf(bus)];
  const id = completionId(clock.now(), 4, 1);
  const log = new EventLog(id);
  const completion = completionOf(id, { messages: [] }, 'org_1');
  const error = new Fault('CANCELLED', { public: 'Over.' });
  log.append({ type: 'TextDelta', text: 'Hello' });
  log.append({ type: 'CompletionFailed', error, usage: completion.usage, completion });
  const node = { kept: true, answers: true };
  const viewers = new RemoteViewers(clock);
  const run = { log, attach: () => ({ leave: () => undefined }) };
  const answering = new Answering({
    clock,
    post: here.post,
    registry: { get: () => (node.kept ? run : null) } as unknown as Registry, // no more is asked
    viewers,
    session: () => 4,
    watched: () => undefined,
  });
  here.post.onLetter((letter, from) => {
    if (node.answers && letter.kind === 'follow') answering.answer(letter, from);
  });
  const asking = new Asking(clock, there.post);
  there.post.onLetter((letter) => {
    if (letter.kind === 'events' || letter.kind === 'completion') asking.answered(letter);
  });
  const goods = market({});
  const viewer = new RemoteViewer({
    ...{ id, after: 0, clock, asking, post: there.post },
    mayAnswer: () => true,
    silent: () => !node.answers,
    read: (event) => eventFromWire(event, goods),
    copied: async () => null,
    orphaned: async () => Promise.reject(error),
  });
  return { clock, viewer, node };
}

const never = () => new Promise<void>(() => undefined);
const expired = expect.objectContaining({ code: 'RESUME_EXPIRED' });

it('STREAM 7: who takes nothing is left when the node of the run forgets it', async () => {
  const { clock, viewer, node } = watched();
  const over = viewer.each(never).catch((thrown) => thrown);
  await clock.advance(60_000);
  expect(await Promise.race([over, 'watches'])).toBe('watches');
  node.kept = false;
  await clock.advance(2_000);
  expect(await over).toEqual(expired);
  await clock.advance(5_000);
  expect(clock.pending).toBe(0);
});

it('STREAM 7: a node that says nothing keeps it for ten minutes', async () => {
  const { clock, viewer, node } = watched();
  const over = viewer.each(never).catch((thrown) => thrown);
  await clock.advance(10);
  node.answers = false;
  await clock.advance(590_000);
  expect(await Promise.race([over, 'watches'])).toBe('watches');
  await clock.advance(12_000);
  expect(await over).toEqual(expired);
});

it('who takes slowly gets all of it', async () => {
  const { clock, viewer } = watched();
  const seen: CompletionEvent[] = [];
  const slow = Promise.withResolvers<void>();
  const over = viewer.each((events) => {
    seen.push(...events);
    return slow.promise;
  });
  await clock.advance(30_000);
  slow.resolve();
  await over;
  expect(seen.map(({ type }) => type)).toEqual(['TextDelta', 'CompletionFailed']);
  await clock.advance(5_000);
  expect(clock.pending).toBe(0);
});
