import type { Clock, Log, Timer } from '#kernel';
import type { Account } from './account.ts';

export interface AccountFeedOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** The account as it stands, on all nodes. */
  readonly read: (organizationId: string) => Promise<Account>;
}

/** Accounts as they change, for those who watch. */
export interface AccountFeed {
  /**
   * The state at once, then each time that it has changed, the newest only, four times a second at
   * most. Ends with the signal.
   */
  watch(organizationId: string, signal: AbortSignal): AsyncGenerator<Account>;
  /** Something about the account is new that its figures do not tell. */
  changed(organizationId: string): void;
}

const tickMs = 250;

/** One organization that is watched: read once a tick, however many watch it. */
interface Watched {
  readonly watchers: Set<() => void>;
  account: Account | null;
  version: number;
  timer: Timer | null;
  reading: boolean;
}

export function openAccountFeed({ clock, log, read }: AccountFeedOptions): AccountFeed {
  const all = new Map<string, Watched>();

  const look = async (organizationId: string, watched: Watched) => {
    if (watched.reading) return;
    watched.reading = true;
    try {
      const account = await read(organizationId);
      if (!differs(watched.account, account)) return;
      watched.account = account;
      watched.version++;
      for (const wake of watched.watchers) wake();
    } catch (error) {
      log.debug('an account that is watched could not be read', { error });
    } finally {
      watched.reading = false;
    }
  };

  const enter = (organizationId: string, wake: () => void): Watched => {
    const watched = all.get(organizationId) ?? fresh();
    all.set(organizationId, watched);
    watched.watchers.add(wake);
    watched.timer ??= clock.every(tickMs, () => void look(organizationId, watched));
    void look(organizationId, watched);
    return watched;
  };

  const leave = (organizationId: string, watched: Watched, wake: () => void) => {
    watched.watchers.delete(wake);
    if (watched.watchers.size > 0) return;
    watched.timer?.cancel();
    all.delete(organizationId);
  };

  return {
    async *watch(organizationId, signal) {
      let woken = Promise.withResolvers<void>();
      const wake = () => woken.resolve();
      signal.addEventListener('abort', wake, { once: true });
      const watched = enter(organizationId, wake);
      let seen = 0;
      try {
        while (!signal.aborted) {
          if (watched.version === seen || !watched.account) await woken.promise;
          woken = Promise.withResolvers();
          if (signal.aborted || watched.version === seen || !watched.account) continue;
          seen = watched.version;
          yield watched.account;
        }
      } finally {
        leave(organizationId, watched, wake);
      }
    },
    changed(organizationId) {
      const watched = all.get(organizationId);
      if (watched) watched.account = null;
    },
  };
}

const fresh = (): Watched => ({
  watchers: new Set(),
  account: null,
  version: 0,
  timer: null,
  reading: false,
});

const differs = (before: Account | null, after: Account) =>
  before?.balance !== after.balance || before.held !== after.held;
