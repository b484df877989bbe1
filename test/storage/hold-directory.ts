// A process that uses the data directory of its first argument until it is killed: opens the
// database, writes a user, says so, and goes on writing.
import { silentLog, systemClock } from '#kernel';
import { openStorage } from '#storage';

const storage = await openStorage({
  dataDir: process.argv[2] ?? '',
  clock: systemClock,
  log: silentLog,
});
for (let n = 1; ; n++) {
  await storage.query(`INSERT INTO "user" (id, name) VALUES ($1, 'written')`, [`u${n}`]);
  process.stdout.write(`${n}\n`);
}
