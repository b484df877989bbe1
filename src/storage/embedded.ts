import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type Clock, Fault, type Log, type Timer } from '#kernel';

/** What the worker thread is told at its start. */
export interface EmbeddedStart {
  /** The directory of the database's files; null keeps the database in memory. */
  files: string | null;
  /** Path of the Unix socket to serve on. */
  socket: string;
  /** PGlite's WebAssembly where it is compiled already. */
  engine: WebAssembly.Module | null;
}

/** What the worker thread is told later: to end, or where to leave a copy of the files. */
export type EmbeddedOrder = 'close' | { copyTo: string };

/** What the worker thread tells. */
export type EmbeddedNews =
  | { listening: true; engine: WebAssembly.Module }
  | { died: string }
  | { notCopied: string };

export interface EmbeddedDatabase {
  readonly socketFolder: string;
  /** Resolves when it takes connections. @throws Fault INTERNAL when it does not come up. */
  readonly listening: Promise<void>;
  /** Leaves a copy of its files there, as `copyFiles`; that it could not is logged. */
  copyTo(folder: string): void;
  /** A clean shutdown; the folder of the socket is the caller's to remove. */
  close(): Promise<void>;
}

export interface EmbeddedOptions {
  /** The directory of its files; null keeps it in memory, which is gone when the thread dies. */
  readonly files: string | null;
  readonly socketFolder: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Starts PGlite in a worker thread, serving on a socket in `socketFolder`. When the thread dies
 * later without having been asked to (its disk is full), that is logged, its connections break and
 * new ones are refused: no statement waits for it. It is started again over its files, which are as
 * a killed process leaves them, until it serves.
 */
export function startEmbedded(options: EmbeddedOptions): EmbeddedDatabase {
  return new Embedded(options);
}

const tryAgainMs = 5_000;

/**
 * Compiled by the first thread of this process and kept for all later ones, together with what V8
 * has compiled for speed since: they start in a third of the processor's time.
 */
let engine: WebAssembly.Module | null = null;

class Embedded implements EmbeddedDatabase {
  readonly socketFolder: string;
  readonly #options: EmbeddedOptions;
  readonly #listening = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<void>();
  #worker: Worker | null = null;
  #again: Timer | null = null;
  #closing = false;
  #died = false;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.socketFolder = options.socketFolder;
    this.#listening.promise.catch(() => {}); // who waits for it hears of it
    this.#start();
  }

  get listening(): Promise<void> {
    return this.#listening.promise;
  }

  copyTo(copyTo: string): void {
    this.#order({ copyTo });
  }

  close(): Promise<void> {
    this.#closing = true;
    this.#again?.cancel();
    if (this.#worker) this.#order('close');
    else this.#ended.resolve();
    return this.#ended.promise;
  }

  #order(given: EmbeddedOrder): void {
    this.#worker?.postMessage(given);
  }

  #start(): void {
    const { files, socketFolder, log } = this.#options;
    // The name that PostgreSQL's clients expect in a socket folder.
    const start: EmbeddedStart = { files, socket: join(socketFolder, '.s.PGSQL.5432'), engine };
    const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
      workerData: start,
      execArgv: [],
    });
    this.#worker = worker;
    let listens = false;
    let cause: unknown;
    worker.on('error', (error) => {
      cause = error;
    });
    worker.on('message', (news: EmbeddedNews) => {
      if ('died' in news) cause = news.died;
      else if ('notCopied' in news) log.warn(notCopied, { reason: news.notCopied });
      else {
        engine = news.engine;
        listens = true;
        this.#listens();
      }
    });
    worker.once('exit', () => this.#exited(listens, cause));
  }

  #listens(): void {
    this.#listening.resolve();
    if (this.#died) this.#options.log.info('the embedded database serves again');
    this.#died = false;
  }

  #exited(listened: boolean, cause: unknown): void {
    const { files, clock, log } = this.#options;
    this.#worker = null;
    this.#listening.reject(notStarted(cause));
    if (!this.#closing && !this.#died) {
      log.error('the embedded database has died', { error: cause });
    }
    // One that never served ends the start; of files that are gone a new database would be made.
    const lasting = files !== null && existsSync(join(files, 'PG_VERSION'));
    if (this.#closing || !(listened || this.#died) || !lasting) {
      this.#ended.resolve();
    } else {
      this.#died = true;
      this.#again = clock.after(tryAgainMs, () => this.#start());
    }
  }
}

const notCopied = 'The embedded database could not be copied.';

function notStarted(cause: unknown): Fault {
  return new Fault('INTERNAL', {
    public: 'The embedded database did not start.',
    internal: `the embedded database did not start: ${String(cause)}`,
    cause,
  });
}
