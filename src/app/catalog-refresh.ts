import { refreshFromModelsDev } from '#catalog';
import type { Config } from '#config';
import { type Log, systemClock } from '#kernel';
import { openStorage } from '#storage';

/**
 * `npm run catalog:refresh`: reads models.dev anew and shows how far it is; a bad download changes
 * nothing.
 */
export async function refresh({ databaseUrl, dataDir }: Config, log: Log): Promise<number> {
  const clock = systemClock;
  const storage = await openStorage({ databaseUrl, dataDir, clock, log });
  const progress = (bytes: number) => process.stdout.write(`\r${bytes} bytes`);
  const result = await refreshFromModelsDev({ storage, clock, fetch, progress });
  const news = result.changed ? 'changed' : 'as it was';
  process.stdout.write(
    `\nThe catalog is ${news}: ${result.models} models, ${result.endpoints} endpoints.\n`,
  );
  await storage.close();
  return 0;
}
