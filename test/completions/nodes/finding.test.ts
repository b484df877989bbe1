import { expect, it } from 'vitest';
import { openNodes } from '../../../src/completions/nodes/nodes.ts';
import { Registry } from '../../../src/completions/registry.ts';
import type { Rooms } from '../../../src/completions/rooms.ts';
import { StatusFeed } from '../../../src/completions/status-feed.ts';
import { completionId } from '../../../src/kernel/index.ts';
import { recordingLog } from '../../harness/recording-log.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';
import { cipherOf, postOf, wires } from './stand.ts';

/** A node that knows of itself alone, and what another one hears of it. */
function alone(session: number) {
  const clock = virtualClock();
  const { bus } = wires();
  const onRenewed = (listener: (renewed: { liveSessions: number[] }) => void) =>
    listener({ liveSessions: [session] });
  const log = recordingLog();
  const rooms = {
    bus: Object.assign(bus, { shared: true }),
    clock,
    cipher: cipherOf(1),
    log,
    credits: { session, onRenewed },
  } as unknown as Rooms;
  const { got } = postOf(bus);
  const registry = new Registry({ clock, keepMs: 0, bytesMax: 0, forget: () => undefined });
  return { clock, got, nodes: openNodes(rooms, registry, new StatusFeed(log)) };
}

it('asks for what a node runs that began since it last looked', async () => {
  const { clock, got, nodes } = alone(5);
  const id = completionId(clock.now(), 6, 1);
  const found = nodes.find(id);
  expect(got).toMatchObject([{ kind: 'look', id }]);
  await clock.advance(1_000);
  expect(await found).toBeNull();
});

it('asks nobody for what no other node can have', async () => {
  const { clock, got, nodes } = alone(5);
  for (const session of [4, 5])
    expect(await nodes.find(completionId(clock.now(), session, 1))).toBeNull();
  expect(got).toEqual([]);
});
