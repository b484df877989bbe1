import { type Clock, type Log, sleep } from '#kernel';
import { creditsOutOfReach } from '../leases/refusals.ts';
import { isSessionGone } from '../ledger/ledger-database.ts';
import type { Statements } from '../ledger/statements.ts';
import { type Batch, heldAfter, type Journal } from './journal.ts';
import type { JournalFile } from './journal-file.ts';
import { journalBatch } from './journal-record.ts';
import type { KeptRecords } from './kept-records.ts';

/** After this long without an answer of the database the file stands in. */
const silenceMs = 250;
const retryMs = 200;
const rowsMax = 50;
/** Records that are appended, or posted late, by one statement after a silence. */
const recordsMax = 50;

export interface TableJournalOptions {
  readonly statements: Statements;
  readonly clock: Clock;
  readonly log: Log;
  /** Stands in while the database is silent; null without a place for it. */
  readonly file: JournalFile | null;
  /** Has what is posted, too; null without a place for it. */
  readonly kept: KeptRecords | null;
  readonly session: () => number;
  /** The database said that this session is gone. */
  readonly sessionGone: (session: number) => void;
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
export class TableJournal implements Journal {
  readonly #options: TableJournalOptions;
  readonly #waiting: Waiting[] = [];
  #appended: Batch[] = [];
  #silent = false;
  #refusal: unknown = null;
  #fileBroken = false;
  #closed = false;
  #pumping: Promise<void> | null = null;
  #appending: Promise<boolean> | null = null;

  constructor(options: TableJournalOptions) {
    this.#options = options;
  }

  write(batch: Batch): Promise<void> {
    return new Promise((resolve) => {
      const waitMs = this.#silent ? 0 : silenceMs;
      const silence = this.#options.clock.after(waitMs, () => this.#standIn(batch, resolve));
      const appended = () => {
        silence.cancel();
        resolve();
      };
      this.#waiting.push({ batch, appended });
      this.#pumping ??= this.#pump();
    });
  }

  async post(): Promise<void> {
    const due = new Set([...this.#waiting.map(({ batch }) => batch), ...this.#appended]);
    while (this.#waiting.some(({ batch }) => due.has(batch))) {
      const appended = await this.#appendOldest();
      if (!appended) throw creditsOutOfReach('the journal table takes no records', this.#refusal);
    }
    while (this.#appended.some((batch) => due.has(batch))) await this.#postOldest();
  }

  writable(): boolean {
    return !this.#silent || (this.#options.file !== null && !this.#fileBroken);
  }

  /** What waits is tried again all the time: nothing more to find out. */
  probe(): void {}

  async close(): Promise<void> {
    this.#closed = true;
    await this.#pumping;
    await this.#options.file?.close();
    await this.#options.kept?.close();
  }

  /** Until nothing waits. Its last look and its end are one step, so that no batch is missed. */
  async #pump(): Promise<void> {
    while (this.#waiting.length > 0 && !this.#closed) {
      if (!(await this.#appendOldest())) await sleep(this.#options.clock, retryMs);
    }
    this.#pumping = null;
  }

  /**
   * One statement: true when the oldest that wait are in the table. Calls at the same time share
   * it. Whoever waits for more asks again, and never for what has come since: to a slow database
   * something has always come.
   */
  #appendOldest(): Promise<boolean> {
    this.#appending ??= this.#appendNext().finally(() => {
      this.#appending = null;
    });
    return this.#appending;
  }

  async #appendNext(): Promise<boolean> {
    const next = this.#next();
    if (!(await this.#append(next.map(({ batch }) => batch)))) return false;
    this.#silent = false;
    this.#waiting.splice(0, next.length);
    for (const { appended } of next) appended();
    return true;
  }

  /** The oldest that wait and are of one session: after a silence one by one takes minutes. */
  #next(): readonly Waiting[] {
    const session = this.#waiting[0]?.batch.session;
    let records = 0;
    const end = this.#waiting.findIndex(({ batch }, index) => {
      records += batch.ended.length;
      return batch.session !== session || (index > 0 && records > recordsMax);
    });
    return this.#waiting.slice(0, end < 0 ? undefined : end);
  }

  /** True when the batches are in the table, or, when their session is gone, in the ledger. */
  async #append(batches: readonly Batch[]): Promise<boolean> {
    const { statements, session, sessionGone, setAside, log } = this.#options;
    const number = batches[0]?.session ?? session();
    try {
      if (number === session()) {
        await statements.append(number, batches);
        this.#appended.push(...batches);
      } else {
        const records = batches.flatMap(({ ended }) => ended.map((one) => one.record));
        setAside(await statements.postLate(number, journalBatch(records)));
        batches.forEach(this.#posted);
      }
      return true;
    } catch (thrown) {
      if (isSessionGone(thrown)) sessionGone(number);
      if (!this.#silent) log.warn('The journal table does not take records.', { error: thrown });
      this.#silent = true;
      this.#refusal = thrown;
      return false;
    }
  }

  /** A replica may take over that never had it. */
  readonly #posted = (batch: Batch): void => {
    if (!batch.segment) this.#options.kept?.keep(batch);
    this.#options.posted(batch);
  };

  #standIn(batch: Batch, durable: () => void): void {
    const { file, log } = this.#options;
    this.#silent = true;
    file?.write(batch).then(
      (segment) => {
        batch.segment = segment;
        this.#fileBroken = false;
        durable();
      },
      (error) => {
        this.#fileBroken = true;
        log.error('Neither the database nor the settlement journal can be written.', { error });
      },
    );
  }

  /** Posts the oldest rows; those that are gone from the table are in the ledger. */
  async #postOldest(): Promise<void> {
    const { statements, session, sessionGone, setAside } = this.#options;
    const number = session();
    const ready = [...this.#appended];
    try {
      const held = heldAfter(ready.slice(0, rowsMax));
      const rows = { session: number, rows: rowsMax, held };
      const { quarantined, next } = await statements.postJournal(rows);
      setAside(quarantined);
      // Whoever ended another session posted its rows before it freed anything.
      const done = ready.filter((batch) => batch.session !== number || batch.n < next);
      this.#appended = this.#appended.filter((batch) => !done.includes(batch));
      done.forEach(this.#posted);
    } catch (thrown) {
      if (isSessionGone(thrown)) sessionGone(number);
      throw thrown;
    }
  }
}
