// A node that acknowledges completions and never comes to post one, until it is killed. Its
// arguments: the data directory, the organization, and the address of a server unless the database
// is embedded. It says each completion that it has acknowledged, then `all`; it ends when nobody
// listens any more.
import { type Clock, Secret, silentLog, systemClock } from '#kernel';
import { openStorage } from '#storage';
import { postEveryMs } from '../../src/credits/journal/settlement.ts';
import { credit, dollars, newCompletion, openNode, recordOf } from './node.ts';

const [dataDir = '', organization = '', url] = process.argv.slice(2);
process.stdin.once('end', () => process.exit()).resume();

const never = { cancel: () => undefined };
const clock: Clock = {
  ...systemClock,
  after: (delayMs, run) => (delayMs === postEveryMs ? never : systemClock.after(delayMs, run)),
};
const databaseUrl = url === undefined ? null : new Secret(url);
const storage = await openStorage({ dataDir, databaseUrl, clock: systemClock, log: silentLog });
const credits = await openNode(storage, { dataDir, clock });
for (let n = 1; n <= 50; n++) {
  const completion = newCompletion(credits.session);
  const request = { completion, targets: [credit(organization)], amount: dollars(2) };
  const hold = await credits.admit(request);
  if (n % 10 === 0) continue; // this one is left running
  await hold.end(recordOf(completion, organization, 1));
  process.stdout.write(`${completion}\n`);
}
process.stdout.write('all\n');
