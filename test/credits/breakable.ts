import type { LedgerDatabase } from '#credits';
import { Fault } from '#kernel';
import type { Storage } from '#storage';

type State = 'whole' | 'failing' | 'hanging' | 'losing answers';

/** A way to the database that can break in each of the ways in which ways break. */
export function breakable(storage: Storage) {
  let state: State = 'whole';
  let seen: (sql: string) => void = () => {};
  const hanging = new Set<() => void>();
  const running = new Set<Promise<unknown>>();
  const unavailable = () => new Fault('UNAVAILABLE', { public: 'The database does not answer.' });

  const query: LedgerDatabase['query'] = async (sql, parameters) => {
    if (state === 'hanging') await new Promise<void>((resolve) => hanging.add(resolve));
    if (state === 'failing') throw unavailable();
    seen(sql);
    const losing = state === 'losing answers';
    const answer = storage.query(sql, parameters);
    running.add(answer);
    const rows = await answer.finally(() => running.delete(answer));
    if (losing) throw unavailable();
    return rows as never; // the type is the caller's
  };
  const become = (next: State) => () => {
    state = next;
    if (next !== 'hanging') for (const go of hanging) go();
    hanging.clear();
  };
  return {
    storage: { kind: storage.kind, query } satisfies LedgerDatabase,
    fail: become('failing'),
    hang: become('hanging'),
    /** Statements take effect, and nobody hears of it. */
    loseAnswers: become('losing answers'),
    heal: become('whole'),
    /** Tells of each statement that reaches the database from now on. */
    seen(listener: (sql: string) => void) {
      seen = listener;
    },
    /** Resolves when the database has answered all that has reached it. */
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
  };
}
