import { type Clock, hourMs, type Log } from '#kernel';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';

/** Details of completions are kept for as many whole months; their entries and sums stay. */
const monthsKept = 13;
const lookEveryMs = hourMs;

export interface CompletionMonthsOptions {
  readonly storage: Pick<LedgerDatabase, 'query'>;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Completions stand in a partition for each month. Every node sees to it, at once and then every
 * hour, that this month and the next have theirs and that what is no longer kept is dropped; who
 * comes second finds it done.
 */
export function keepCompletionMonths(options: CompletionMonthsOptions): { close(): void } {
  const { clock, log } = options;
  const look = () => {
    tidyMonths(options).catch((error) =>
      log.warn('The partitions of completions were not looked after; it is tried again.', {
        error,
      }),
    );
  };
  const timer = clock.every(lookEveryMs, look);
  look();
  return { close: () => timer.cancel() };
}

/** Opens what is missing, drops what is too old: in steps, since a month may hold millions. */
export async function tidyMonths({ storage, clock, log }: CompletionMonthsOptions): Promise<void> {
  // The next one first: it is empty, and has to be there before its time.
  for (const month of [1, 0]) {
    await storage.query('SELECT completion_partition_open($1::timestamptz)', [
      monthFrom(clock.now(), month),
    ]);
  }
  const kept = monthFrom(clock.now(), -monthsKept);
  // By the database's clock too: one node whose clock is ahead must not drop what is kept.
  const sql = `SELECT completion_partition_drop(LEAST($1::timestamptz,
    (date_trunc('month', now() AT TIME ZONE 'UTC') - make_interval(months => $2::int))
      AT TIME ZONE 'UTC')) AS month`;
  const gone = new Set<string>();
  for (;;) {
    const [row] = await storage.query<{ month: string | null }>(sql, [kept, monthsKept]);
    if (!row?.month) break;
    gone.add(row.month);
  }
  const count = gone.size;
  if (count > 0)
    log.info('Partitions of completions that are kept no longer were cleared.', { count });
}

/** The first moment of a month, UTC, so many months from this one. */
function monthFrom(nowMs: number, months: number): Date {
  const now = new Date(nowMs);
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months));
}
