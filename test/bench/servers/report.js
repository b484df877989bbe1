import { writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/**
 * Loaded before every process that is measured (`node --import`), so that none has to know that it
 * is: says, when it is asked, what it has used so far and what is live in it, and ends with the one
 * who asks. With BENCH_PROFILE, a folder, what lies between two questions is profiled into it. In
 * JavaScript, since it comes before the compile cache: Node's own TypeScript parser would be loaded
 * for it alone, and stay, 20 MiB of what is measured.
 */
process.on('message', (question) => {
  if (question === 'live') return void process.send?.({ liveBytes: liveBytes() });
  if (question !== 'usage') return;
  const { user, system } = process.cpuUsage();
  process.send?.({ cpuMicros: user + system, rssBytes: process.memoryUsage.rss() });
  if (folder) profile(folder);
});
process.once('disconnect', () => process.kill(process.pid, 'SIGKILL'));

/** The garbage collector, which a process has in its hands only when it asks for it. */
function liveBytes() {
  setFlagsFromString('--expose-gc');
  runInNewContext('gc')();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const folder = process.env.BENCH_PROFILE;
/** @type {Session | null} */
let running = null;
let written = 0;

function profile(into) {
  const session = running;
  if (!session) {
    running = new Session();
    running.connect();
    running.post('Profiler.enable');
    running.post('Profiler.setSamplingInterval', { interval: 200 });
    running.post('Profiler.start');
    return;
  }
  running = null;
  session.post('Profiler.stop', (_error, { profile }) => {
    const name = `${process.pid}-${++written}.cpuprofile`;
    writeFileSync(join(into, name), JSON.stringify(profile));
    session.disconnect();
  });
}
