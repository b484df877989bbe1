import { currentOrigin } from '#audit';
import { Fault, type Log } from '#kernel';
import { looksLikeOurs } from './api-key-form.ts';

/** Counts wrong keys by the address that sends them; the room of limits does. */
export interface KeyCounts {
  waiting(guess: 'key', who: string): number | null;
  take(guess: 'key', who: string): Promise<number | null>;
}

/**
 * `authenticate`, slowed for who guesses: after too many wrong keys from one address it looks for a
 * minute only at credentials of the form that nobody can guess (256 bits of chance), so that a good
 * key behind the same address goes on working. ADMIN_KEY and DEMO_KEY have any form.
 */
export function slowed<Who>(
  authenticate: (credential: string | undefined, connection?: object) => Who,
  counts: KeyCounts,
  log: Log,
): typeof authenticate {
  const refuseWhileWaiting = (address: string, isGuess: () => boolean) => {
    const retryAfterMs = counts.waiting('key', address);
    if (retryAfterMs !== null && isGuess()) throw tooMany(retryAfterMs);
  };
  return (credential, connection) => {
    const address = currentOrigin().address ?? 'unknown';
    refuseWhileWaiting(address, () => credential !== undefined && !looksLikeOurs(credential));
    try {
      return authenticate(credential, connection);
    } catch (thrown) {
      refuseWhileWaiting(address, () => true);
      log.info('a credential was refused', { address });
      counts.take('key', address).catch((error) => log.warn('guesses are not counted', { error }));
      throw thrown;
    }
  };
}

function tooMany(retryAfterMs: number): Fault {
  const seconds = Math.ceil(retryAfterMs / 1_000);
  return new Fault('RATE_LIMITED', {
    public: `Too many wrong credentials came from your address. Try again in ${seconds} s.`,
    retryAfterMs,
  });
}
