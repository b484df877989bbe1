import type { Clock, Log } from '#kernel';
import type { Account } from './account.ts';
import { WatchedAccount } from './watched-account.ts';

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
  /** Something about the account is new, be it that its figures do not tell. */
  changed(organizationId: string): void;
  /** On some node more or less is held or charged than before: whoever is watched is read. */
  moved(organizationIds: readonly string[]): void;
}

/** Nobody is read who is not watched, and who is watched when something was said of it. */
export function openAccountFeed({ clock, log, read }: AccountFeedOptions): AccountFeed {
  const all = new Map<string, WatchedAccount>();

  const enter = (organizationId: string, wake: () => void): WatchedAccount => {
    const known = all.get(organizationId);
    const watched = known ?? new WatchedAccount({ clock, log, read: () => read(organizationId) });
    all.set(organizationId, watched);
    watched.watchers.add(wake);
    if (!known) watched.look();
    return watched;
  };

  const leave = (organizationId: string, watched: WatchedAccount, wake: () => void) => {
    watched.watchers.delete(wake);
    if (watched.watchers.size > 0) return;
    watched.stop();
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
          if (watched.version === seen) await woken.promise;
          woken = Promise.withResolvers();
          if (signal.aborted || watched.version === seen || !watched.account) continue;
          seen = watched.version;
          yield watched.account;
        }
      } finally {
        signal.removeEventListener('abort', wake);
        leave(organizationId, watched, wake);
      }
    },
    changed: (organizationId) => all.get(organizationId)?.changed(),
    moved(organizationIds) {
      for (const organizationId of organizationIds) all.get(organizationId)?.look();
    },
  };
}
