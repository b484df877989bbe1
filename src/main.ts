import { readFile } from 'node:fs/promises';
import { type Config, readConfig } from '#config';
import { Fault, type Log, openLog, systemClock, systemRandom } from '#kernel';
import { startStorage } from '#storage';

/**
 * Reads the settings, opens the app as soon as its database answers, says where it is, and closes
 * it on the first signal.
 */
async function serve(config: Config, log: Log): Promise<number> {
  const signal = firstSignal();
  const world = { clock: systemClock, random: systemRandom, log, version: await ownVersion() };
  // The embedded database comes up on a thread of its own while this one reads the code.
  const starting = config.databaseUrl ? null : await startStorage({ ...config, ...world });
  const { openPatiently } = await import('./app/patient-start.ts');
  const { noticeOf } = await import('./app/notice.ts');
  const app = await openPatiently({ config, ...world, storage: starting?.opened, signal });
  if (!app) return 0;
  process.stdout.write(noticeOf(app));
  await aborted(signal);
  return app.close().then(
    () => 0,
    (error) => {
      log.error('the shutdown failed', { error });
      return 1;
    },
  );
}

const ownVersion = async () =>
  JSON.parse(await readFile(new URL('../package.json', import.meta.url), 'utf8')).version;

/**
 * Aborts with the first signal to end. Further ones change nothing: npm passes on what the process
 * group, a terminal's Ctrl-C for one, has had already.
 */
function firstSignal(): AbortSignal {
  const told = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.on(name, () => told.abort());
  return told.signal;
}

const aborted = (signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

/** What `node bin/bourse.js <name>` does; the code of a command is read when it is called. */
interface Command {
  /** Resolves to the code that the process exits with. */
  run(config: Config, log: Log): Promise<number>;
  /** What it does, behind "could not". */
  readonly deed: string;
  /** The code of a command that could not do it. */
  readonly failure: number;
}

const commands = new Map<string, Command>([
  ['serve', { run: serve, deed: 'serve', failure: 1 }],
  [
    'audit',
    {
      run: async (config, log) => (await import('./app/audit.ts')).audit(config, log),
      deed: 'audit the ledger',
      // 1 says that an invariant is violated, so "could not look" needs a code of its own.
      failure: 2,
    },
  ],
  [
    'catalog:refresh',
    {
      run: async (config, log) => (await import('./app/catalog-refresh.ts')).refresh(config, log),
      deed: 'refresh the catalog',
      failure: 1,
    },
  ],
  [
    'keys:rotate',
    {
      run: async (config, log) => (await import('./app/keys-rotation.ts')).rotate(config, log),
      deed: 'rotate the keys',
      failure: 1,
    },
  ],
  [
    'reconcile',
    {
      run: async (config, log) => (await import('./app/reconcile.ts')).reconcile(config, log),
      deed: 'reconcile the ledger',
      // 1 says that something is in quarantine.
      failure: 2,
    },
  ],
  [
    'prepare',
    {
      run: async (_, log) => (await import('./app/prepare.ts')).prepare(log),
      deed: 'prepare for the first start',
      failure: 1,
    },
  ],
]);

async function execute({ run }: Command): Promise<number> {
  const config = readConfig();
  const log = await openLog({ level: config.logLevel, pretty: process.stderr.isTTY });
  return run(config, log);
}

const name = process.argv[2] ?? 'serve';
const command = commands.get(name);
if (!command) {
  const known = [...commands.keys()].join(', ');
  process.stderr.write(`Bourse has no command ${JSON.stringify(name)}. Accepted: ${known}.\n`);
  process.exit(2);
}

execute(command).then(process.exit, (thrown) => {
  const fault = Fault.from(thrown);
  const text = fault.code === 'INTERNAL' ? (thrown?.stack ?? thrown) : fault.public;
  process.stderr.write(`Bourse could not ${command.deed}. ${text}\n`);
  process.exit(command.failure);
});
