import { openStage } from './stage.ts';
import { awayForAll, awayForOne, type Report } from './trials.ts';

/**
 * `npm run outage`: two nodes as they are deployed, under load, lose PostgreSQL for a minute: both,
 * then one alone. Takes three minutes; exit 1 when anything is lost, charged twice or refused that
 * must not be.
 */
const trials: readonly [
  string,
  (stage: Awaited<ReturnType<typeof openStage>>) => Promise<Report>,
][] = [
  ['PostgreSQL away for both nodes for 60 s', awayForAll],
  ['PostgreSQL away for one of two nodes for 60 s', awayForOne],
];

const stage = await openStage();
let failed = false;
for (const [title, trial] of trials) {
  const { seen, broken } = await trial(stage);
  failed ||= broken.length > 0;
  process.stdout.write(`${title}: ${broken.length === 0 ? 'holds' : 'BROKEN'}\n`);
  for (const line of seen) process.stdout.write(`  ${line}\n`);
  for (const line of broken) process.stdout.write(`  broken: ${line}\n`);
}
await stage.close();
process.exit(failed ? 1 : 0);
