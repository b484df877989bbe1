import type { Log } from '#kernel';
import { isSessionGone } from '../ledger/ledger-database.ts';
import type { Statements } from '../ledger/statements.ts';
import { type Batch, heldAfter, type Journal } from './journal.ts';
import type { JournalFile } from './journal-file.ts';
import { journalBatch } from './journal-record.ts';

/**
 * Records in one posting: its cost per record hardly falls beyond, and one statement stays below 10
 * ms.
 */
const recordsMax = 100;

export interface EmbeddedJournalOptions {
  readonly file: JournalFile;
  readonly statements: Statements;
  readonly log: Log;
  readonly session: () => number;
  /** The database said that this session is gone. */
  readonly sessionGone: (session: number) => void;
  readonly posted: (batch: Batch) => void;
  readonly setAside: (count: number) => void;
}

/**
 * The journal of the embedded database is a file, because that database never fsyncs: durable is
 * one fdatasync, and posting hands the records over.
 */
export class EmbeddedJournal implements Journal {
  readonly #options: EmbeddedJournalOptions;
  readonly #safe: Batch[] = [];
  #writable = true;

  constructor(options: EmbeddedJournalOptions) {
    this.#options = options;
  }

  async write(batch: Batch): Promise<void> {
    batch.segment = await this.#write(batch);
    this.#safe.push(batch);
  }

  async post(): Promise<void> {
    const due = new Set(this.#safe);
    while (this.#safe.some((batch) => due.has(batch))) {
      const batches = nextBatches(this.#safe);
      await this.#post(batches);
      this.#safe.splice(0, batches.length).forEach(this.#options.posted);
    }
  }

  writable(): boolean {
    return this.#writable;
  }

  /** While nothing is admitted nothing would be written: an empty batch finds out. */
  probe(): void {
    if (this.#writable) return;
    const empty = { session: this.#options.session(), records: '[]' };
    this.#write(empty).then(
      (segment) => this.#options.file.posted(segment),
      () => undefined,
    );
  }

  close(): Promise<void> {
    return this.#options.file.close();
  }

  async #write(frame: { session: number; records: string }) {
    const { file, log } = this.#options;
    try {
      const segment = await file.write(frame);
      this.#writable = true;
      return segment;
    } catch (error) {
      const text = 'The settlement journal cannot be written; nothing is admitted until it can.';
      if (this.#writable) log.error(text, { error });
      this.#writable = false;
      throw error;
    }
  }

  async #post(batches: readonly Batch[]): Promise<void> {
    const { statements, setAside, sessionGone } = this.#options;
    const session = batches[0]?.session ?? 0;
    const records = journalBatch(batches.flatMap(({ ended }) => ended.map((one) => one.record)));
    const late = () => statements.postLate(session, records);
    if (session !== this.#options.session()) return setAside(await late());
    try {
      setAside(await statements.post({ session, records, held: heldAfter(batches) }));
    } catch (thrown) {
      if (!isSessionGone(thrown)) throw thrown;
      sessionGone(session);
      setAside(await late());
    }
  }
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
