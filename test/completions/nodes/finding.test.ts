import { expect, it } from 'vitest';
import type { Completion } from '#completions';
import { StatusFeed } from '../../../src/completions/feed/status-feed.ts';
import type { StatusViewer } from '../../../src/completions/feed/status-viewer.ts';
import { openCopies } from '../../../src/completions/nodes/copies.ts';
import { packed } from '../../../src/completions/nodes/copy.ts';
import { openNodes } from '../../../src/completions/nodes/nodes.ts';
import { completionToWire, eventToWire } from '../../../src/completions/nodes/wire.ts';
import type { Rooms } from '../../../src/completions/rooms.ts';
import { Registry } from '../../../src/completions/runs/registry.ts';
import { completionId } from '../../../src/kernel/index.ts';
import { virtualClock } from '../../harness/virtual-clock.ts';
import { says, stand } from '../stand.ts';
import { memoryShelf, postOf, wires } from './stand.ts';

/** A node that knows of these sessions, and what another one hears of it. */
function nodeOf(session: number, live = [session]) {
  const clock = virtualClock();
  const { bus } = wires();
  const renewals: ((renewed: { liveSessions: number[] }) => void)[] = [];
  const onRenewed = (listener: (renewed: { liveSessions: number[] }) => void) => {
    renewals.push(listener);
    listener({ liveSessions: live });
  };
  const { rooms: others } = stand({});
  const shelf = memoryShelf();
  const healed: (() => void)[] = [];
  const rooms = {
    ...others,
    bus: Object.assign(bus, {
      shared: true,
      shelf,
      onHealed: (heard: () => void) => healed.push(heard),
    }),
    clock,
    credits: Object.assign(others.credits, { session, onRenewed }),
  } as unknown as Rooms;
  const { got, post } = postOf(bus, 0);
  const registry = new Registry({ clock, keepMs: 0, bytesMax: 0, forget: () => undefined });
  const feed = new StatusFeed(rooms.log);
  const renew = (liveSessions: number[]) => {
    for (const tell of renewals) tell({ liveSessions });
  };
  const heal = () => {
    for (const heard of healed) heard();
  };
  const nodes = openNodes(rooms, registry, feed);
  return { clock, got, post, shelf, rooms, feed, renew, heal, nodes };
}

it('asks for what a node runs that began since it last looked', async () => {
  const { clock, got, nodes } = nodeOf(5);
  const id = completionId(clock.now(), 6, 1);
  const found = nodes.find(id);
  expect(got).toMatchObject([{ kind: 'look', id }]);
  await clock.advance(1_000);
  expect(await found).toBeNull();
});

it('STREAM 8: has its node detach a run, which then needs nobody here', async () => {
  const { clock, got, post, nodes } = nodeOf(5, [4, 5]);
  const id = completionId(clock.now(), 4, 1);
  const detached = nodes.detach(id);
  await clock.advance(1_000);
  const asked = [1, 2].map(() => ({ kind: 'detach', id, ask: 1 }));
  expect(got).toEqual(asked);
  post.send({ kind: 'completion', ask: 1, completion: null });
  await detached;
  await clock.advance(5_000);
  expect(got).toEqual(asked);
});

it('asks nobody for what no other node can have', async () => {
  const { clock, got, nodes } = nodeOf(5);
  for (const session of [4, 5])
    expect(await nodes.find(completionId(clock.now(), session, 1))).toBeNull();
  expect(got).toEqual([]);
});

it('STREAM 26: a node that left three questions unanswered is asked nothing more', async () => {
  const { clock, got, nodes } = nodeOf(5, [4, 5]);
  const id = completionId(clock.now(), 4, 1);
  const found = nodes.find(id);
  await clock.advance(3_000);
  expect(await found).toBeNull();
  expect(got).toHaveLength(3);
  expect(await nodes.find(id)).toBeNull();
  expect(await nodes.cancel(id)).toBeNull();
  expect(got).toHaveLength(3);
  expect(nodes.unreachable(id)).toBe(true);
});

/** What a node of this session has left of a run that said half of it. */
async function halfOf({ rooms, shelf }: ReturnType<typeof nodeOf>, session: number) {
  const room = stand({});
  room.play(says('Half ', 'whole'));
  const { completion, events } = await room.run();
  const id = completionId(0, session, 1);
  const running = { ...completion, id, status: 'RUNNING' as const, finishedAt: null };
  const said = events.slice(0, 2).map((event) => eventToWire({ ...event, completionId: id }));
  const at = completion.createdAt.getTime() + 7;
  const piece = { at, completion: completionToWire(running), events: packed(said) };
  await openCopies(shelf, rooms).begin(id, piece);
  return { id, running };
}

it('STREAM 25: the copy answers for a node that is silent, and after it is gone', async () => {
  const node = nodeOf(5, [4, 5]);
  const { id, running } = await halfOf(node, 4);
  await node.clock.advance(6_000);
  const found = await node.nodes.find(id);
  expect(found).toMatchObject({ status: 'RUNNING', content: { text: 'Half ' } });
  node.renew([5]);
  expect(await node.nodes.find(id)).toMatchObject({
    status: 'FAILED',
    finishedAt: new Date(running.createdAt.getTime() + 7),
    content: { text: 'Half ' },
  });
});

it('STREAM 25: a viewer gets what was copied at once, its end when the node is gone', async () => {
  const node = nodeOf(5, [4, 5]);
  const { id, running } = await halfOf(node, 4);
  await node.clock.advance(6_000);
  const batches: object[] = [];
  const watching = (async () => {
    for await (const batch of node.nodes.started(running).events(1)) batches.push(...batch);
  })();
  await node.clock.advance(10_000);
  expect(batches).toMatchObject([{ text: 'Half ', sequence: 2 }]);
  node.renew([5]);
  await node.clock.advance(1_000);
  await watching;
  expect(batches).toMatchObject([
    { text: 'Half ' },
    { type: 'CompletionFailed', sequence: 3, completion: { id, content: { text: 'Half ' } } },
  ]);
});

it('STREAM 25: a viewer of a silent node that is heard again follows it', async () => {
  const node = nodeOf(5, [4, 5]);
  const { running } = await halfOf(node, 4);
  await node.clock.advance(6_000);
  const flow = node.nodes.started(running).events(2);
  const watching = flow[Symbol.asyncIterator]();
  const next = watching.next();
  await node.clock.advance(3_000);
  expect(node.got.map(({ kind }) => kind)).not.toContain('follow');
  node.rooms.bus.publish('heartbeat', { session: 4, change: '1', at: 0, database: true });
  await node.clock.advance(1_000);
  const asked = node.got.find(({ kind }) => kind === 'follow') as { ask: number };
  const event = { type: 'TextDelta', completionId: '', text: 'whole' } as const;
  const events = [{ ...event, sequence: 3, firstSequence: 3 }];
  node.post.send({ kind: 'events', ask: asked.ask, events });
  expect((await next).value).toEqual(events);
  await watching.return?.();
});

/** Somebody who watches an organization, and what they are told. */
function watcherOf({ feed }: ReturnType<typeof nodeOf>, organizationId: string | null) {
  const told: (string | null)[] = [];
  const take = ({ status }: Completion) => told.push(status);
  // Nothing else is asked of it.
  feed.enter(organizationId ?? '', { begin: take, take } as unknown as StatusViewer);
  return told;
}

it('STREAM 17: who watches is told what began and ended while the bus was cut, once', async () => {
  const node = nodeOf(5, [4, 5]);
  const { id, running } = await halfOf(node, 4);
  const told = watcherOf(node, running.organizationId);
  node.feed.tellFrom(running);
  node.heal();
  await node.clock.advance(0);
  const { organizationId } = running;
  expect(node.got.filter(({ kind }) => kind !== 'look')).toEqual([
    { kind: 'watch', organizationId, anew: true },
    { kind: 'watch', organizationId, anew: true },
  ]);
  node.feed.tellFrom(running);
  expect(told).toEqual(['RUNNING']);
  const { ask } = node.got.find(({ kind }) => kind === 'look') as { ask: number };
  const ended = { ...running, status: 'SUCCEEDED' as const, finishedAt: new Date(9) };
  node.post.send({ kind: 'completion', ask, completion: completionToWire(ended) });
  await node.clock.advance(0);
  expect(told).toEqual(['RUNNING', 'SUCCEEDED']);
  expect(node.feed.elsewhere).toEqual([]);
  expect(node.got.filter((letter) => 'id' in letter && letter.id === id)).toHaveLength(1);
});

it('STREAM 23: who watches is told what a dead node left, once it can be read', async () => {
  const node = nodeOf(5, [4, 5]);
  const { running } = await halfOf(node, 4);
  const told = watcherOf(node, running.organizationId);
  node.feed.tellFrom(running);
  const { findUnique } = node.rooms.storage.prisma.completion;
  const away = () => Promise.reject(new RangeError('the database is away'));
  Object.assign(node.rooms.storage.prisma.completion, { findUnique: away });
  node.renew([5]);
  await node.clock.advance(0);
  expect(told).toEqual(['RUNNING']);
  Object.assign(node.rooms.storage.prisma.completion, { findUnique });
  node.renew([5]);
  await node.clock.advance(0);
  node.renew([5]);
  await node.clock.advance(0);
  expect(told).toEqual(['RUNNING', 'FAILED']);
});
