import { expect, it } from 'vitest';
import { Answering } from '../../../src/completions/nodes/answering.ts';
import { RemoteViewers } from '../../../src/completions/nodes/remote-viewers.ts';
import type { Registry } from '../../../src/completions/runs/registry.ts';
import { completionOf } from '../../harness/stand-in-completion.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';
import { postOf, wires } from './stand.ts';

it('STREAM 8: a run is detached for another node that asks for it', async () => {
  const clock = virtualClock();
  const { bus } = wires();
  const [here, there] = [postOf(bus), postOf(bus)];
  let detached = false;
  const run = {
    hasEnded: false,
    completion: () => completionOf('cmp_1', { messages: [] }, 'org_1'),
    detach: () => {
      detached = true;
    },
  };
  const answering = new Answering({
    clock,
    post: here.post,
    registry: { get: () => run } as unknown as Registry, // nothing else of it is asked
    viewers: new RemoteViewers(clock),
    session: () => 4,
    watched: () => undefined,
  });
  here.post.onLetter((letter, from) => {
    if (letter.kind === 'detach') answering.answer(letter, from);
  });
  there.post.send({ kind: 'detach', id: 'cmp_1', ask: 1 });
  await clock.advance(0);
  expect(detached).toBe(true);
  expect(there.got).toMatchObject([{ kind: 'completion', ask: 1, completion: { id: 'cmp_1' } }]);
});
