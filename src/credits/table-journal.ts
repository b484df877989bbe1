import { type Clock, type Log, sleep } from '#kernel';
import { type Batch, heldOf, type Journal } from './journal.ts';
import type { JournalFile } from './journal-file.ts';
import { isSessionGone, type Statements } from './statements.ts';

/** After this long without an answer of the database the file stands in. */
const silenceMs = 250;
const retryMs = 200;
const rowsMax = 50;

export interface TableJournalOptions {
  readonly statements: Statements;
  readonly clock: Clock;
  readonly log: Log;
  /** Stands in while the database is silent; null without a place for it. */
  readonly file: JournalFile | null;
  readonly session: () => number;
  /** The database said that this session is gone. */
  readonly sessionGone: (session: number) => Promise<void>;
  readonly posted: (batch: Batch) => void;
  readonly setAside: (count: number) => void;
}

interface Waiting {
  readonly batch: Batch;
  readonly appended: () => void;
}

/**
 * The journal of a server is a table: durable is one row, which any node can post when this one
 * dies. While the database is silent the same records go to a file, are acknowledged from there,
 * and follow into the table when it is back; a record that is in both is posted once, by its id.
 */
export function openTableJournal(options: TableJournalOptions): Journal {
  const { statements, clock, log, file } = options;
  const waiting: Waiting[] = [];
  let appended: Batch[] = [];
  let silent = false;
  let fileBroken = false;
  let closed = false;
  let pumping: Promise<void> | null = null;

  /**
   * True when the first batch that waits is in the table, or, when its session is gone, in the
   * ledger.
   */
  const appendFirst = async ({ batch }: Waiting): Promise<boolean> => {
    try {
      if (batch.session !== options.session()) {
        options.setAside(await statements.postLate(batch.session, batch.records));
        options.posted(batch);
        return true;
      }
      await statements.append(batch.session, batch.n, batch.records);
      appended.push(batch);
      return true;
    } catch (thrown) {
      if (isSessionGone(thrown)) await options.sessionGone(batch.session).catch(() => undefined);
      if (!silent) log.warn('The journal table does not take records.', { error: thrown });
      silent = true;
      return false;
    }
  };

  const pump = async () => {
    for (let first = waiting[0]; first && !(closed && silent); first = waiting[0]) {
      if (await appendFirst(first)) {
        silent = false;
        waiting.shift();
        first.appended();
      } else {
        await sleep(clock, retryMs);
      }
    }
  };

  const standIn = async (batch: Batch): Promise<void> => {
    if (!file) return;
    try {
      batch.segment = await file.write(batch);
      fileBroken = false;
    } catch (thrown) {
      fileBroken = true;
      log.error('Neither the database nor the settlement journal can be written.', {
        error: thrown,
      });
      throw thrown;
    }
  };

  return {
    write(batch) {
      return new Promise((resolve) => {
        const silence = clock.after(silent ? 0 : silenceMs, () => {
          silent = true;
          if (file) standIn(batch).then(resolve, () => undefined);
        });
        const done = () => {
          silence.cancel();
          resolve();
        };
        waiting.push({ batch, appended: done });
        pumping ??= pump().finally(() => {
          pumping = null;
        });
      });
    },
    async post() {
      let ready = appended;
      appended = [];
      try {
        while (ready.length > 0) ready = await postOldest(options, ready);
      } finally {
        appended = [...ready, ...appended];
      }
    },
    writable: () => !silent || (file !== null && !fileBroken),
    async close() {
      closed = true;
      await pumping;
      await file?.close();
    },
  };
}

/** Posts the oldest rows; answers the batches that are still in the table. */
async function postOldest(options: TableJournalOptions, ready: readonly Batch[]): Promise<Batch[]> {
  const session = options.session();
  const left: Batch[] = [];
  const next = await postRows(options, session, ready);
  for (const batch of ready) {
    // Whoever ended another session posted its rows before it freed anything.
    if (batch.session !== session || batch.n < next) options.posted(batch);
    else left.push(batch);
  }
  return left;
}

async function postRows(
  { statements, sessionGone, setAside }: TableJournalOptions,
  session: number,
  ready: readonly Batch[],
): Promise<number> {
  try {
    const { quarantined, next } = await statements.postJournal(session, rowsMax, heldOf(ready));
    setAside(quarantined);
    return next;
  } catch (thrown) {
    if (!isSessionGone(thrown)) throw thrown;
    await sessionGone(session);
    return 0;
  }
}
