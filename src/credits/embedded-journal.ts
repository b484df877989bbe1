import type { Log } from '#kernel';
import { type Batch, heldOf, type Journal } from './journal.ts';
import type { JournalFile } from './journal-file.ts';
import { journalBatch } from './journal-record.ts';
import { isSessionGone, type Statements } from './statements.ts';

/**
 * Records in one posting: its cost per record hardly falls beyond, and one statement stays below 10
 * ms.
 */
const recordsMax = 100;

/**
 * The journal of the embedded database is a file, because that database never fsyncs: durable is
 * one fdatasync, and posting hands the records over.
 */
export function openEmbeddedJournal(options: {
  readonly file: JournalFile;
  readonly statements: Statements;
  readonly log: Log;
  readonly session: () => number;
  readonly posted: (batch: Batch) => void;
  readonly setAside: (count: number) => void;
}): Journal {
  const { file, statements, log } = options;
  const safe: Batch[] = [];
  let writable = true;

  const postOnce = async (batches: readonly Batch[]): Promise<void> => {
    const [first] = batches;
    if (!first) return;
    const records = journalBatch(batches.flatMap(({ ended }) => ended.map((one) => one.record)));
    const late = () => statements.postLate(first.session, records);
    if (first.session !== options.session()) return options.setAside(await late());
    try {
      options.setAside(await statements.post(first.session, records, heldOf(batches)));
    } catch (thrown) {
      if (!isSessionGone(thrown)) throw thrown;
      options.setAside(await late());
    }
  };

  return {
    async write(batch) {
      try {
        batch.segment = await file.write(batch);
        writable = true;
      } catch (thrown) {
        writable = false;
        log.error('The settlement journal cannot be written; nothing is admitted until it can.', {
          error: thrown,
        });
        throw thrown;
      }
      safe.push(batch);
    },
    async post() {
      while (safe.length > 0) {
        const batches = nextBatches(safe);
        await postOnce(batches);
        safe.splice(0, batches.length).forEach(options.posted);
      }
    },
    writable: () => writable,
    close: () => file.close(),
  };
}

/** As many batches of one session as make one posting. */
function nextBatches(safe: readonly Batch[]): readonly Batch[] {
  let records = 0;
  const end = safe.findIndex((batch, index) => {
    records += batch.ended.length;
    return index > 0 && (records > recordsMax || batch.session !== safe[0]?.session);
  });
  return end < 0 ? [...safe] : safe.slice(0, end);
}
