import { Fault } from '#kernel';
import type { Completion } from '../completion.ts';
import type { CompletionEvent } from '../events/events.ts';
import type { StatusFeed } from '../feed/status-feed.ts';
import { storedCompletion } from '../history/stored.ts';
import type { Rooms } from '../rooms.ts';
import { resumeExpired } from '../runs/ended.ts';

type Reading = Pick<Rooms, 'clock' | 'credits' | 'storage'>;

/**
 * What became of a completion whose node is gone. What that node acknowledged is in the ledger by
 * then; what is not there was never charged. `lastSeenMs` is wall time, now by default.
 */
export async function orphan(
  found: Completion,
  rooms: Reading,
  lastSeenMs = rooms.clock.now(),
): Promise<Completion> {
  const stored = await storedCompletion(found.id, rooms);
  if (stored) return stored;
  const error = nodeGone();
  const finishedAt = new Date(Math.max(found.createdAt.getTime(), lastSeenMs));
  return { ...found, status: 'FAILED', finishReason: 'ERROR', error, finishedAt };
}

export const nodeGone = () =>
  new Fault('INTERNAL', {
    public: 'The node that ran it is gone. Nothing was charged for it; try again.',
  });

/** Its last event, for whoever has seen those up to `seen`. */
export function orphanEnd(completion: Completion, seen: number): CompletionEvent {
  const error = completion.error ?? resumeExpired();
  const numbers = { completionId: completion.id, firstSequence: seen + 1, sequence: seen + 1 };
  return { type: 'CompletionFailed', ...numbers, error, usage: completion.usage, completion };
}

/**
 * Tells whoever watches the end of all that has lost its node, which tells it no more; what cannot
 * be read then, the next time.
 */
export class Orphans {
  readonly #feed: StatusFeed;
  readonly #rooms: Reading & Pick<Rooms, 'log'>;
  #telling = false;

  constructor(feed: StatusFeed, rooms: Reading & Pick<Rooms, 'log'>) {
    this.#feed = feed;
    this.#rooms = rooms;
  }

  tell(isOrphan: (id: string) => boolean): void {
    if (this.#telling) return;
    const orphans = this.#feed.elsewhere.filter(({ id }) => isOrphan(id));
    if (orphans.length > 0) void this.#tell(orphans);
  }

  async #tell(orphans: readonly Completion[]): Promise<void> {
    this.#telling = true;
    try {
      for (const running of orphans) this.#feed.tellMissed(await orphan(running, this.#rooms));
    } catch (error) {
      this.#rooms.log.warn('what a node left could not be read yet', { error });
    } finally {
      this.#telling = false;
    }
  }
}
