import type { Running } from './customers.ts';
import { demand, Violation } from './invariants.ts';
import { ask, goOn } from './life.ts';
import { type Plot, plotOf } from './plot.ts';
import type { Sabotage } from './sabotage.ts';
import type { SimNode } from './sim-node.ts';
import { befall, startAgain, strike } from './troubles.ts';
import { World } from './world.ts';

export interface Outcome {
  readonly seed: number;
  readonly acknowledged: number;
  readonly story: readonly string[];
  /** Null when every invariant held after every step. */
  readonly violation: Error | null;
}

/** One world from its first start to its last audit. The same seed is the same world. */
export async function simulate(seed: number, sabotage: Sabotage | null = null): Promise<Outcome> {
  const plot = plotOf(seed);
  const world = new World(seed, plot, sabotage);
  let violation: Error | null = null;
  try {
    await live(world, plot);
    await end(world);
  } catch (thrown) {
    violation = thrown instanceof Error ? thrown : new Violation(0, String(thrown));
    world.note(violation.message);
  }
  for (const node of world.nodes) node.kill();
  return { seed, acknowledged: world.everAcknowledged.size, story: world.story, violation };
}

async function live(world: World, plot: Plot): Promise<void> {
  const { random, events } = world;
  const running = new Set<Running>();
  for (const node of world.nodes) startAgain(world, node);
  await world.pass(50);
  for (const { atMs, node, ...fate } of plot.fates) {
    events.after(atMs, () => strike(world, { ...fate, node: world.nodes[node] as SimNode }));
  }
  for (let n = 0; n < plot.times; n++) {
    events.after(plot.lastsMs * random.next(), () => befall(world, plot));
  }
  events.after(plot.lastsMs * random.next(), () => {
    const commit = world.changes.begin();
    events.after(300 * random.next(), commit);
  });
  for (let ms = 0; ms < plot.lastsMs; ms += plot.everyMs * 2 * random.next()) {
    const step = random.next() < 0.55 ? ask : goOn;
    events.after(ms, () => world.aside(() => step(world, running)));
  }
  events.after(plot.lastsMs / 2, () => {
    const commit = world.changes.begin();
    events.after(300 * random.next(), commit);
  });
  await world.pass(plot.lastsMs);
}

/** Everything heals, everyone starts again, everyone ends: what is left must add up. */
async function end(world: World): Promise<void> {
  world.note('everything heals');
  world.databaseDown = false;
  for (const node of world.nodes) {
    Object.assign(node.link, { database: 'whole', bus: true });
    node.disk.full = false;
    if (node.clock.paused) node.clock.resume(0);
    startAgain(world, node);
  }
  const { nodes } = world;
  await world.until(() => nodes.every((node) => node.runs && world.changes.upToDate(node)));
  for (const node of nodes) {
    demand(6, node.runs, `${node.name} did not start again`);
    world.changes.check(node);
  }
  await closeAll(world);
  // A journal file that could not be posted before its node ended is posted by the next start.
  for (const node of nodes) startAgain(world, node);
  await world.until(() => nodes.every(({ runs }) => runs));
  await closeAll(world);
  audit(world);
}

async function closeAll(world: World): Promise<void> {
  let open = world.nodes.length;
  for (const node of world.nodes) {
    world.aside(async () => {
      await node.credits?.close();
      open--;
    });
  }
  await world.until(() => open === 0);
  for (const node of world.nodes) node.kill();
}

function audit(world: World): void {
  const { state } = world;
  world.checkKept();
  demand(6, world.acknowledged.size === 0, `${[...world.acknowledged.keys()]} is not posted`);
  for (const { id } of state.live()) demand(8, false, `session ${id} never ended`);
  for (const { id, leased } of state.accounts.values()) {
    demand(3, leased === 0n, `${id} still has leased ${leased}`);
  }
  for (const { request, charged } of world.everAcknowledged.values()) {
    const row = state.completions.get(request.completion);
    const free = row?.unpaid ? world.isolation : request.claim !== null;
    const exact = row?.charged === charged || (row?.charged === 0n && free);
    demand(6, exact, `${request.completion} came to ${charged} and was charged ${row?.charged}`);
  }
}
