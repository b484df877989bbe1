import { pick } from './pick.ts';
import type { Plot } from './plot.ts';
import type { SimNode } from './sim-node.ts';
import type { World } from './world.ts';

/** What befalls a world: how long it lasts, and how it ends by itself. */
type Trouble = (world: World, node: SimNode, lastsMs: number) => void;

const troubles = {
  kill(world, node, lastsMs) {
    node.kill();
    world.events.after(lastsMs, () => startAgain(world, node));
  },
  pause(world, node, lastsMs) {
    const { clock } = node;
    const suspended = world.random.next() < 0.5;
    clock.paused = true;
    world.events.after(lastsMs, () => {
      clock.resume(suspended ? lastsMs : 0);
    });
  },
  refused: (world, node, lastsMs) => cutDatabase(world, node, { lastsMs, how: 'refused' }),
  silent: (world, node, lastsMs) => cutDatabase(world, node, { lastsMs, how: 'silent' }),
  deaf: (world, node, lastsMs) => cutDatabase(world, node, { lastsMs, how: 'deaf' }),
  'no bus'(world, node, lastsMs) {
    node.link.bus = false;
    world.events.after(lastsMs, () => {
      node.link.bus = true;
    });
  },
  outage(world, _, lastsMs) {
    world.databaseDown = true;
    world.events.after(lastsMs, () => {
      world.databaseDown = false;
    });
  },
  'full disk'(world, node, lastsMs) {
    node.disk.full = true;
    world.events.after(lastsMs, () => {
      node.disk.full = false;
    });
  },
  'set clock'(world, node) {
    node.clock.wallOffsetMs += Math.floor(200_000 * (world.random.next() - 0.5));
  },
  'set clock back'(world, node) {
    node.clock.wallOffsetMs -= 60_000 + Math.floor(40_000 * world.random.next());
  },
  'set database clock'(world) {
    world.databaseSetMs += Math.floor(200_000 * (world.random.next() - 0.5));
  },
} satisfies Readonly<Record<string, Trouble>>;

export type TroubleName = keyof typeof troubles;

/** After these a node's charges may come too late: it, or the database for it, was away. */
const isolating = new Set<TroubleName>([
  'kill',
  'pause',
  'refused',
  'silent',
  'deaf',
  'no bus',
  'set clock',
]);

/** Long enough for others to take a node for dead. */
const deadlyMs = 40_000;

/** Something that may happen, to somebody, for some time. */
export function befall(world: World, { troubles: names, longestMs }: Plot): void {
  const { random, nodes } = world;
  const lastsMs = Math.floor(longestMs * random.next() ** 2);
  strike(world, { name: pick(random, names), node: pick(random, nodes), lastsMs });
}

export function strike(
  world: World,
  { name, node, lastsMs }: { name: TroubleName; node: SimNode; lastsMs: number },
): void {
  if (!node.runs && name !== 'outage') return;
  if (lastsMs > deadlyMs / world.nodes.length && isolating.has(name)) world.isolation = true;
  world.note(`${name} ${node.name} for ${lastsMs} ms`);
  const trouble: Trouble = troubles[name];
  trouble(world, node, lastsMs);
}

function cutDatabase(
  world: World,
  node: SimNode,
  { lastsMs, how }: { lastsMs: number; how: 'refused' | 'silent' | 'deaf' },
): void {
  node.link.database = how;
  world.events.after(lastsMs, () => {
    node.link.database = 'whole';
  });
}

/** Until it runs. */
export function startAgain(world: World, node: SimNode): void {
  if (node.runs) return;
  if (!node.starting) {
    world.note(`start ${node.name}`);
    world.aside(() => node.start());
  }
  world.events.after(500, () => startAgain(world, node));
}
