import { readFile } from 'node:fs/promises';
import { readConfig } from '#config';
import { Fault, openLog, systemClock, systemRandom } from '#kernel';
import { openApp } from './app.ts';
import { noticeOf } from './notice.ts';

/** Reads the settings, opens the app, says where it is, and closes it on the first signal. */
async function serve(): Promise<void> {
  const config = readConfig();
  const log = await openLog({ level: config.logLevel, pretty: process.stderr.isTTY });
  const { version } = JSON.parse(
    await readFile(new URL('../package.json', import.meta.url), 'utf8'),
  );
  const app = await openApp({ config, clock: systemClock, random: systemRandom, log, version });
  process.stdout.write(noticeOf(app));
  const stop = () => {
    app.close().then(
      () => process.exit(0),
      (error) => {
        log.error('the shutdown failed', { error });
        process.exit(1);
      },
    );
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
}

serve().catch((thrown) => {
  const fault = Fault.from(thrown);
  process.stderr.write(
    `Bourse did not start. ${fault.code === 'INTERNAL' ? (thrown?.stack ?? thrown) : fault.public}\n`,
  );
  process.exit(1);
});
