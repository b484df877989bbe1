import { verifyChains } from '#audit';
import type { Config } from '#config';
import { auditLedger } from '#credits';
import { type Log, systemClock } from '#kernel';
import { openStorage } from '#storage';

/**
 * `npm run audit`: prints, invariant by invariant, whether the books and the logs hold, on a
 * running or a stopped server; 0 when all do, 1 when one is violated.
 *
 * @throws Fault as `openStorage`.
 */
export async function audit({ databaseUrl, dataDir }: Config, log: Log): Promise<number> {
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
  return violated ? 1 : 0;
}
