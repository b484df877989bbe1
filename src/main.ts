import { readFile } from 'node:fs/promises';
import { verifyChains } from '#audit';
import { refreshFromModelsDev } from '#catalog';
import { readConfig } from '#config';
import { auditLedger } from '#credits';
import { Fault, openLog, systemClock, systemRandom } from '#kernel';
import { openStorage } from '#storage';
import { rotateMasterKey } from './app/keys-rotation.ts';
import { noticeOf } from './app/notice.ts';
import { openPatiently } from './app/patient-start.ts';

/** `npm run audit`: exit 0 when every invariant holds, 1 when one is violated. */
async function audit(): Promise<void> {
  const { databaseUrl, dataDir, logLevel } = readConfig();
  const log = await openLog({ level: logLevel, pretty: process.stderr.isTTY });
  const place = { databaseUrl, dataDir, join: true, statementTimeoutMs: 0 };
  const storage = await openStorage({ ...place, clock: systemClock, log });
  let violated = false;
  const say = (holds: boolean, text: string) => {
    violated ||= !holds;
    process.stdout.write(`${holds ? 'holds   ' : 'VIOLATED'}  ${text}\n`);
  };
  for await (const { invariant, title, holds, violation } of auditLedger(storage)) {
    say(holds, `${invariant}. ${title}${violation ? `: ${violation}` : ''}`);
  }
  for await (const { chain, events, head, violation } of verifyChains(storage)) {
    say(!violation, `audit log ${chain}: ${events} events, head ${head} ${violation ?? ''}`);
  }
  await storage.close();
  process.exit(violated ? 1 : 0);
}

/** `npm run catalog:refresh`: reads models.dev anew; a bad download changes nothing. */
async function refreshCatalog(): Promise<void> {
  const { databaseUrl, dataDir, logLevel } = readConfig();
  const log = await openLog({ level: logLevel, pretty: process.stderr.isTTY });
  const storage = await openStorage({ databaseUrl, dataDir, clock: systemClock, log });
  const progress = (bytes: number) => process.stdout.write(`\r${bytes} bytes`);
  const result = await refreshFromModelsDev({ storage, clock: systemClock, fetch, progress });
  const news = result.changed ? 'changed' : 'as it was';
  process.stdout.write(
    `\nThe catalog is ${news}: ${result.models} models, ${result.endpoints} endpoints.\n`,
  );
  await storage.close();
}

/** `npm run keys:rotate`: every credential is sealed anew under a new master key. */
async function rotateKeys(): Promise<void> {
  const config = readConfig();
  const log = await openLog({ level: config.logLevel, pretty: process.stderr.isTTY });
  const { number, resealed } = await rotateMasterKey(config, log);
  process.stdout.write(
    `Master key ${number} seals from now on; ${resealed} credentials resealed.\n`,
  );
  process.exit(0);
}

/**
 * Reads the settings, opens the app as soon as its database answers, says where it is, and closes
 * it on the first signal.
 */
async function serve(): Promise<void> {
  const config = readConfig();
  const log = await openLog({ level: config.logLevel, pretty: process.stderr.isTTY });
  const { version } = JSON.parse(
    await readFile(new URL('../package.json', import.meta.url), 'utf8'),
  );
  const signal = firstSignal();
  const world = { clock: systemClock, random: systemRandom, log, version };
  const app = await openPatiently({ config, ...world, signal });
  if (!app) process.exit(0);
  process.stdout.write(noticeOf(app));
  await aborted(signal);
  await app.close().catch((error) => {
    log.error('the shutdown failed', { error });
    process.exit(1);
  });
  process.exit(0);
}

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

const commands = new Map<string, { run: () => Promise<void>; failure: number }>([
  ['serve', { run: serve, failure: 1 }],
  // 1 says that an invariant is violated, so "could not look" needs a code of its own.
  ['audit', { run: audit, failure: 2 }],
  ['catalog:refresh', { run: refreshCatalog, failure: 1 }],
  ['keys:rotate', { run: rotateKeys, failure: 1 }],
]);
const name = process.argv[2] ?? 'serve';
const command = commands.get(name);
if (!command) {
  const known = [...commands.keys()].join(', ');
  process.stderr.write(`Bourse has no command ${JSON.stringify(name)}. Accepted: ${known}.\n`);
  process.exit(2);
}

command.run().catch((thrown) => {
  const fault = Fault.from(thrown);
  const text = fault.code === 'INTERNAL' ? (thrown?.stack ?? thrown) : fault.public;
  process.stderr.write(`Bourse could not ${name}. ${text}\n`);
  process.exit(command.failure);
});
