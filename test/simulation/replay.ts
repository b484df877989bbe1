// `node test/simulation/replay.ts SEED [SABOTAGE]` tells what happened in one world.
import { type Sabotage, sabotages } from './sabotage.ts';
import { simulate } from './simulate.ts';

const [seed = '0', sabotage] = process.argv.slice(2);
const isKnown = (name: string | undefined): name is Sabotage =>
  name !== undefined && Object.hasOwn(sabotages, name);
const { story, acknowledged, violation } = await simulate(
  Number(seed),
  isKnown(sabotage) ? sabotage : null,
);
process.stdout.write(`${story.join('\n')}\n${acknowledged} completions acknowledged\n`);
process.stdout.write(violation ? `${violation.stack}\n` : 'every invariant held\n');
process.exitCode = violation ? 1 : 0;
