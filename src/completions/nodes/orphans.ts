import { Fault } from '#kernel';
import type { Completion } from '../completion.ts';
import { resumeExpired } from '../ended.ts';
import type { CompletionEvent } from '../events.ts';
import type { Rooms } from '../rooms.ts';
import type { StatusFeed } from '../status-feed.ts';
import { storedCompletion } from '../stored.ts';

type Reading = Pick<Rooms, 'clock' | 'credits' | 'storage'>;

/**
 * What became of a completion whose node is gone. What that node acknowledged is in the ledger by
 * then; what is not there was never charged.
 */
async function orphan(found: Completion, rooms: Reading): Promise<Completion> {
  const stored = await storedCompletion(found.id, rooms);
  if (stored) return stored;
  const error = new Fault('INTERNAL', {
    public: 'The node that ran it is gone. Nothing was charged for it; try again.',
  });
  const finishedAt = new Date(rooms.clock.now());
  return { ...found, status: 'FAILED', finishReason: 'ERROR', error, finishedAt };
}

/** Its last event, for whoever has seen those up to `seen`. */
export async function orphanEnd(
  found: Completion,
  seen: number,
  rooms: Reading,
): Promise<CompletionEvent> {
  const completion = await orphan(found, rooms);
  const error = completion.error ?? resumeExpired();
  const numbers = { completionId: completion.id, firstSequence: seen + 1, sequence: seen + 1 };
  return { type: 'CompletionFailed', ...numbers, error, usage: completion.usage, completion };
}

/** Tells whoever watches the end of all that has lost its node, which tells it no more. */
export async function tellOrphans(
  feed: StatusFeed,
  isOrphan: (id: string) => boolean,
  rooms: Reading & Pick<Rooms, 'log'>,
): Promise<void> {
  for (const running of feed.elsewhere.filter(({ id }) => isOrphan(id))) {
    try {
      feed.tellFrom(await orphan(running, rooms));
    } catch (error) {
      rooms.log.warn('what a node left could not be read', { completion: running.id, error });
    }
  }
}
