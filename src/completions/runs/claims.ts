import { Fault } from '#kernel';
import { endings } from '../endings.ts';
import type { Rooms } from '../rooms.ts';
import type { Running } from './running.ts';

/** What a repeat is known by. */
export interface Repeat {
  /** Whose key it is: the API key, or person and organization. */
  readonly owner: string;
  readonly key: string;
  /** The fingerprint of what was asked. */
  readonly body: string;
}

/**
 * Takes a key in the database for a run that is about to begin. Null when it has it now; else the
 * id of the completion that has it.
 *
 * @throws Fault CONFLICT when that one was of another input; UNAVAILABLE without a database.
 */
export async function claimKey(
  running: Running,
  { owner, key, body }: Repeat,
  { credits }: Pick<Rooms, 'credits'>,
): Promise<string | null> {
  const asked = { principal: owner, key, bodyHmac: body, completion: running.id };
  const { verdict, completion, gen } = await credits.claim(asked);
  if (verdict === 'CONFLICT') throw usedOtherwise();
  if (verdict === 'EXISTS') return completion;
  running.claim = { principal: owner, key, gen };
  return null;
}

/**
 * Gives the key of a run up that does not use it up, before anybody hears of its end: whoever
 * repeats it then begins anew. Never throws; a key that stays taken expires in a day.
 */
export async function giveKeyUp(
  running: Running,
  rooms: Pick<Rooms, 'credits' | 'log'>,
): Promise<void> {
  if (running.ending && !endings[running.ending.kind].usesKey) await releaseKey(running, rooms);
}

/**
 * The same of a run whose record could not be made durable: should it turn up in the ledger after
 * all, it does not own its key any more, and is charged nothing.
 */
export async function releaseKey(
  running: Running,
  { credits, log }: Pick<Rooms, 'credits' | 'log'>,
): Promise<void> {
  const { claim } = running;
  if (!claim) return;
  running.claim = null;
  await credits.unclaim(claim).catch((error) => {
    log.warn('an idempotency key was not given up', { completion: running.id, error });
  });
}

export function usedOtherwise(): Fault {
  return new Fault('CONFLICT', {
    public:
      'This idempotency key was used for another input. Repeat that input, or take a new key.',
  });
}
