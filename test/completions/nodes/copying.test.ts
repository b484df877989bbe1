import { expect, it } from 'vitest';
import { Fault } from '#kernel';
import { EventLog } from '../../../src/completions/events/event-log.ts';
import { openCopies } from '../../../src/completions/nodes/copies.ts';
import { Copying } from '../../../src/completions/nodes/copying.ts';
import type { Running } from '../../../src/completions/runs/running.ts';
import { failsWith, ordinary, type Play, says, someone, stand, text } from '../stand.ts';
import { memoryShelf } from './stand.ts';

/** A node that leaves copies, what others read of them, and a provider that is dictated to. */
function leaving() {
  const shelf = memoryShelf();
  const room = stand({
    shelf,
    offers: [{ provider: 'one', pricing: { prompt: 0n, completion: 1n } }],
  });
  const copies = openCopies(shelf, room.rooms);
  let next = Promise.withResolvers<string | null>();
  const dictated: Play = async function* (_call, signal) {
    const aborted = new Promise<null>((resolve) => {
      signal.addEventListener('abort', () => resolve(null), { once: true });
    });
    for (;;) {
      const said = await Promise.race([next.promise, aborted]);
      next = Promise.withResolvers();
      if (said === null) break;
      yield [text(said)];
    }
  };
  room.play(dictated);
  const say = async (...words: string[]) => {
    for (const word of words) {
      next.resolve(word);
      await room.clock.advance(0);
    }
  };
  const start = (input: object = { idempotencyKey: 'once' }, how: object = {}) =>
    room.completions.start(
      someone,
      { ...ordinary, ...input },
      { streamed: true, coalesceMs: 0, ...how },
    );
  return { ...room, shelf, copies, say, start, read: (id: string) => copies.read(id) };
}

const pass = async ({ clock }: Pick<ReturnType<typeof leaving>, 'clock'>) => clock.advance(1_100);

it('STREAM 24: what a keyed run says is copied a second behind, in one write', async () => {
  const node = leaving();
  const { id } = await node.start();
  await node.say('One ', 'two ', 'three ');
  expect(node.shelf.writes).toBe(0);
  await pass(node);
  expect(node.shelf.writes).toBe(1);
  await pass(node);
  expect(node.shelf.writes).toBe(1);
  await node.say('four ', 'five ');
  await pass(node);
  expect(node.shelf.writes).toBe(2);
  const copy = await node.read(id);
  expect(copy).toMatchObject({ ended: false, completion: { status: 'RUNNING' } });
  expect(copy?.completion.content).toMatchObject({ text: 'One two three four five ' });
  expect(copy?.after(3)).toMatchObject([
    { text: 'three ', firstSequence: 4 },
    { text: 'four ', firstSequence: 5 },
    { text: 'five ', firstSequence: 6 },
  ]);
});

it('STREAM 24: a run that nobody could come back to leaves nothing', async () => {
  const node = leaving();
  await node.start({});
  await node.say('One ');
  await pass(node);
  expect(node.shelf.writes).toBe(0);
  await node.start({}, { detached: true });
  await node.say('One ');
  await pass(node);
  expect(node.shelf.writes).toBe(1);
});

it('STREAM 24: its end is copied at once, whole, and a short run is one write', async () => {
  const node = leaving();
  node.play(says('Whole ', 'answer'));
  const { completion, events } = await node.run({ idempotencyKey: 'once' });
  await node.clock.advance(100);
  expect(node.shelf.writes).toBe(1);
  const copy = await node.read(completion.id);
  expect(copy?.ended).toBe(true);
  expect(copy?.completion).toEqual(completion);
  expect(copy?.after(2)).toEqual(events.slice(2));
  expect(node.clock.pending).toBeLessThan(5);
});

it('STREAM 24: what is closed has finished its copies', async () => {
  const node = leaving();
  node.play(says('Whole'));
  const { completion } = await node.run({ idempotencyKey: 'once' });
  await node.completions.close();
  expect(await node.read(completion.id)).toMatchObject({ ended: true });
});

it('STREAM 24: it goes when its node forgets it', async () => {
  const node = leaving();
  node.play(says('Whole'));
  const { completion } = await node.run({ idempotencyKey: 'once' });
  await node.clock.advance(100);
  expect(node.shelf.lists.size).toBe(1);
  await node.clock.advance(600_000);
  await node.completions.find(someone, completion.id).catch(() => null);
  await node.clock.advance(0);
  expect(node.shelf.lists.size).toBe(0);
});

it('STREAM 11: what was refused leaves no copy', async () => {
  const node = leaving();
  await node.run({ idempotencyKey: 'once', model: 'acme/unknown' });
  await pass(node);
  expect(node.shelf.lists.size).toBe(0);
});

it('STREAM 24: a copy of more than 4 MiB is none', async () => {
  const { shelf, copies, clock, log } = leaving();
  const events = new EventLog('cmp_long');
  const completion = () => ({ content: null, error: null });
  // Nothing else of it is asked.
  const running = { id: 'cmp_long', log: events, refused: false, completion };
  new Copying({ copies, clock, log }).begin(running as unknown as Running);
  const mebibytes = [3, 2, 1];
  const lists: number[] = [];
  for (const size of mebibytes) {
    events.append({ type: 'TextDelta', text: 'x'.repeat(size * 1_048_576) });
    await pass({ clock });
    lists.push(shelf.lists.size);
  }
  expect(lists).toEqual([1, 0, 0]);
});

it('a shelf that fails is told of once, and gets what it missed when it works again', async () => {
  const node = leaving();
  const { id } = await node.start();
  node.shelf.broken = new RangeError('out of memory');
  await node.say('One ');
  for (let second = 0; second < 5; second++) await pass(node);
  node.shelf.broken = null;
  await node.say('two ');
  await pass(node);
  expect((await node.read(id))?.completion.content?.text).toBe('One two ');
  expect(node.log.lines.map(({ level }) => level)).toEqual(['warn', 'info']);
});

it('what cannot be copied is tried one at a time, and forgotten with its run', async () => {
  const node = leaving();
  node.play(says('Whole'));
  const { completion } = await node.run({ idempotencyKey: 'once' });
  await node.run({ idempotencyKey: 'twice' });
  node.shelf.broken = new RangeError('out of memory');
  await node.clock.advance(100);
  const { writes } = node.shelf;
  for (let second = 0; second < 10; second++) await pass(node);
  expect(node.shelf.writes - writes).toBeLessThanOrEqual(11);
  await node.clock.advance(600_000);
  await node.completions.find(someone, completion.id).catch(() => null);
  const left = node.shelf.writes;
  for (let second = 0; second < 10; second++) await pass(node);
  expect(node.shelf.writes).toBe(left);
});

it('a run whose copy is refused keeps no other one waiting', async () => {
  const node = leaving();
  node.play(says('Whole'));
  const refused = await node.run({ idempotencyKey: 'once' });
  const { completion } = await node.run({ idempotencyKey: 'twice' });
  node.shelf.broken = new RangeError('out of memory');
  await node.clock.advance(100);
  node.shelf.broken = null;
  node.shelf.refuses = refused.completion.id;
  for (let second = 0; second < 5; second++) await pass(node);
  expect(await node.read(completion.id)).toMatchObject({ ended: true });
});

it('a shelf that was emptied gets the whole anew', async () => {
  const node = leaving();
  const { id } = await node.start();
  await node.say('One ');
  await pass(node);
  node.shelf.lists.clear();
  await node.say('two ');
  await pass(node);
  await pass(node);
  expect((await node.read(id))?.completion.content?.text).toBe('One two ');
});

it('who reads while Redis is away floods no log', async () => {
  const node = leaving();
  node.shelf.broken = new Fault('UNAVAILABLE', { public: 'Redis does not answer.' });
  expect(await node.read('cmp_any')).toBeNull();
  expect(node.log.lines.map(({ level }) => level)).toEqual(['debug']);
});

it('STREAM 22: a copy cannot be read by others, and is no copy of another completion', async () => {
  const node = leaving();
  node.play(failsWith(new RangeError('x'), 'A secret ', 'answer'));
  const { completion } = await node.run({ idempotencyKey: 'once' });
  await node.clock.advance(100);
  const [[name, pieces] = ['', []]] = [...node.shelf.lists];
  expect(Buffer.concat(pieces).toString('latin1')).not.toContain('secret');
  const other = completion.id.replace(/.$/, (last) => (last === 'a' ? 'b' : 'a'));
  node.shelf.lists.set(name.replace(completion.id, other), pieces);
  expect(await node.read(other)).toBeNull();
  expect(node.log.lines.at(-1)).toMatchObject({ level: 'warn' });
});
