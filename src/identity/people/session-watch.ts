import type { Clock, Log, Timer } from '#kernel';
import type { Storage } from '#storage';

const lookEveryMs = 1_000;

/**
 * Sessions that something long-lived was opened with, such as a socket. They are looked up together
 * once a second, so that a sign-out counts wherever it happened; when nobody watches, nothing is.
 */
export class SessionWatch {
  readonly #storage: Pick<Storage, 'prisma'>;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #timer: Timer;
  readonly #watchers = new Map<string, Set<() => void>>();

  constructor(options: { storage: Pick<Storage, 'prisma'>; clock: Clock; log: Log }) {
    this.#storage = options.storage;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#timer = options.clock.every(lookEveryMs, () => void this.#look());
  }

  add(sessionId: string, ended: () => void): () => void {
    const watchers = this.#watchers.get(sessionId) ?? new Set();
    this.#watchers.set(sessionId, watchers.add(ended));
    return () => {
      if (watchers.delete(ended) && watchers.size === 0) this.#watchers.delete(sessionId);
    };
  }

  close(): void {
    this.#timer.cancel();
    this.#watchers.clear();
  }

  /** While the database does not answer, sessions go on: nobody can have ended one either. */
  async #look(): Promise<void> {
    const watched = [...this.#watchers.keys()];
    if (watched.length === 0) return;
    try {
      const now = new Date(this.#clock.now());
      const rows = await this.#storage.prisma.authSession.findMany({
        where: { id: { in: watched }, expiresAt: { gt: now } },
        select: { id: true },
      });
      const alive = new Set(rows.map(({ id }) => id));
      for (const id of watched) if (!alive.has(id)) this.#end(id);
    } catch (error) {
      this.#log.warn('sessions could not be looked up', { error });
    }
  }

  #end(sessionId: string): void {
    const watchers = [...(this.#watchers.get(sessionId) ?? [])];
    this.#watchers.delete(sessionId);
    for (const ended of watchers) ended();
  }
}
