import { type Cost, costOf, type Load } from './load.ts';
import type { MeasuredProcess } from './measured-process.ts';

const rounds = 5;
/**
 * Until the code is compiled as it stays, which V8 does for speed with what has run 3,000 times: a
 * slow machine takes more than one turn for that. What runs once for each stream takes as many
 * streams, so that streams warm up in a hurry, and then at their own pace: what they meet in a
 * hurry, reads of many tokens, is not what they are compiled for at last, and half a second of
 * compiling falls into the first two seconds of the other.
 */
const warmUpMs = 1_000;
const warmUpUnits = 4_000;
const warmUpTurnsMax = 16;
const warmUpAtPaceMs = 6_000;

export interface Side {
  readonly process: MeasuredProcess;
  readonly load: Load;
  /** The same work without its waits, where it has any, and the units that are one piece of it. */
  readonly hurried?: { readonly load: Load; readonly units: number };
}

async function warmUp({ load, hurried }: Side): Promise<void> {
  const { load: warming, units: piece } = hurried ?? { load, units: 1 };
  let units = 0;
  for (let turn = 0; turn < warmUpTurnsMax && units < warmUpUnits * piece; turn++) {
    units += (await warming.run(warmUpMs)).units;
  }
  if (!hurried) return;
  hurried.load.close();
  await load.run(warmUpAtPaceMs);
}

/** Both sides warmed up, then one after the other in each round. */
export async function alternate(side: Side, reference: Side, ms: number) {
  for (const each of [reference, side]) await warmUp(each);
  const costs: { own: Cost; limit: Cost }[] = [];
  for (let round = 0; round < rounds; round++) {
    const limit = await costOf(reference.process, reference.load, ms);
    costs.push({ limit, own: await costOf(side.process, side.load, ms) });
  }
  side.load.close();
  reference.load.close();
  return costs;
}
