import type { Config } from '#config';
import { reconcile as reconcileKept } from '#credits';
import { type Log, systemClock } from '#kernel';
import { openStorage } from '#storage';

/**
 * `npm run reconcile`: posts the charges of the last day that this node has kept and its database
 * does not have, on a running or a stopped server; 0 when all could be posted, 1 when some are in
 * quarantine.
 *
 * @throws Fault as `openStorage`.
 */
export async function reconcile({ databaseUrl, dataDir }: Config, log: Log): Promise<number> {
  const place = { databaseUrl, dataDir, join: true, statementTimeoutMs: 0 };
  const storage = await openStorage({ ...place, clock: systemClock, log });
  try {
    const { kept, missing, setAside } = await reconcileKept(storage, dataDir);
    const posted = missing - setAside;
    const aside = setAside > 0 ? `, and ${setAside} cannot be: they are in quarantine` : '';
    process.stdout.write(
      `${kept} charges are kept here. ${missing} were missing; ${posted} are posted now${aside}.\n`,
    );
    return setAside > 0 ? 1 : 0;
  } finally {
    await storage.close();
  }
}
