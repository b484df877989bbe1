import { resealProviderSecrets } from '#catalog';
import type { Config } from '#config';
import { checkEncryptionKey, openSecrets } from '#identity';
import { type Log, systemClock } from '#kernel';
import { resealProviderKeys } from '#provider-keys';
import { openStorage } from '#storage';
import { openVault, type Rotated } from '#vault';

/** Whoever keeps sealed credentials. */
const holders = [resealProviderSecrets, resealProviderKeys];

/** `npm run keys:rotate`, and what it says. */
export async function rotate(config: Config, log: Log): Promise<number> {
  const { number, resealed } = await rotateMasterKey(config, log);
  process.stdout.write(
    `Master key ${number} seals from now on; ${resealed} credentials resealed.\n`,
  );
  return 0;
}

/**
 * Seals every credential anew under a new master key, on a running or a stopped server: running
 * nodes hear of it like of any change.
 *
 * @throws Fault INVALID_INPUT with another ENCRYPTION_KEY than the database was made with; INTERNAL
 * when a stored credential does not open: then nothing is changed.
 */
export async function rotateMasterKey(config: Config, log: Log): Promise<Rotated> {
  const { databaseUrl, dataDir } = config;
  const clock = systemClock;
  const { cipher } = await openSecrets(config);
  const storage = await openStorage({ databaseUrl, dataDir, join: true, clock, log });
  try {
    await checkEncryptionKey(storage, cipher);
    const vault = await openVault({ storage, clock, wrappingKey: deriveWrappingKey(cipher) });
    return await vault.rotate(holders);
  } finally {
    await storage.close();
  }
}

/** What master keys are sealed under. */
export const deriveWrappingKey = ({ derive }: { derive(use: string): Uint8Array }) =>
  derive('master keys 1');
