import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Fault, type Log } from '#kernel';

/** What the worker thread is told at its start. */
export interface EmbeddedStart {
  /** The directory of the database's files; null keeps the database in memory. */
  files: string | null;
  /** Path of the Unix socket to serve on. */
  socket: string;
}

/** What the worker thread is told later: to end, or where to leave a copy of the files. */
export type EmbeddedOrder = 'close' | { copyTo: string };

/** What the worker thread tells. */
export type EmbeddedNews = { listening: true } | { died: string } | { notCopied: string };

export interface EmbeddedDatabase {
  readonly socketFolder: string;
  /** Resolves when it takes connections. @throws Fault INTERNAL when it does not come up. */
  readonly listening: Promise<void>;
  /** Leaves a copy of its files there, as `copyFiles`; that it could not is logged. */
  copyTo(folder: string): void;
  /** A clean shutdown; the folder of the socket is the caller's to remove. */
  close(): Promise<void>;
}

/**
 * Starts PGlite in a worker thread, serving on a socket in `socketFolder`. When the thread dies
 * later without having been asked to, that is logged, its connections break and new ones are
 * refused: no statement waits for it.
 */
export function startEmbedded(options: {
  files: string | null;
  socketFolder: string;
  log: Log;
}): EmbeddedDatabase {
  const { files, socketFolder, log } = options;
  // The name that PostgreSQL's clients expect in a socket folder.
  const start: EmbeddedStart = { files, socket: join(socketFolder, '.s.PGSQL.5432') };
  const worker = new Worker(new URL('./pglite-worker.ts', import.meta.url), {
    workerData: start,
    execArgv: [],
  });
  let closing = false;
  let cause: unknown;
  const listening = Promise.withResolvers<void>();
  const ended = new Promise<void>((resolve) => {
    worker.once('exit', () => {
      listening.reject(notStarted(cause));
      if (!closing) log.error('the embedded database has died', { error: cause });
      resolve();
    });
  });
  worker.on('error', (error) => {
    cause = error;
  });
  worker.on('message', (news: EmbeddedNews) => {
    if ('died' in news) cause = news.died;
    else if ('notCopied' in news) log.warn(notCopied, { reason: news.notCopied });
    else listening.resolve();
  });
  listening.promise.catch(() => {}); // who waits for it hears of it
  const order = (given: EmbeddedOrder) => worker.postMessage(given);
  return {
    socketFolder,
    listening: listening.promise,
    copyTo: (copyTo) => order({ copyTo }),
    close() {
      closing = true;
      order('close');
      return ended;
    },
  };
}

const notCopied = 'The embedded database could not be copied.';

function notStarted(cause: unknown): Fault {
  return new Fault('INTERNAL', {
    public: 'The embedded database did not start.',
    internal: `the embedded database did not start: ${String(cause)}`,
    cause,
  });
}
