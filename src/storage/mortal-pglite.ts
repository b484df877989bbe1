import { readFile } from 'node:fs/promises';
import { PGlite } from '@electric-sql/pglite';
import { invariant } from '#kernel';

/**
 * PostgreSQL's own 128 MiB of pages are all resident from the start, and hold what the operating
 * system has in its cache as well. A look-up in a table of 200,000 rows takes as long with these.
 */
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'];

/** PGlite's WebAssembly, to be opened as often as wanted, on any thread. */
export async function compileEngine(): Promise<WebAssembly.Module> {
  const file = new URL('./pglite.wasm', import.meta.resolve('@electric-sql/pglite'));
  return WebAssembly.compile(await readFile(file));
}

interface Opening {
  /** The directory of its files; null keeps it in memory. */
  readonly files: string | null;
  readonly engine: WebAssembly.Module;
  readonly die: (cause: unknown) => never;
}

/**
 * Opens PGlite so that it can die. Left alone, it catches whatever its WebAssembly throws, takes it
 * for an ordinary SQL error and runs the same message again: after a PANIC (the disk is full), a
 * FATAL or a trap it would spin for ever without an answer. `die` is called at once instead, from
 * within the statement, and must not return.
 */
export async function openMortalPglite({ files, engine, die }: Opening): Promise<PGlite> {
  const place = files === null ? {} : { dataDir: files };
  const options = { ...place, startParams, pgliteWasmModule: engine };
  const database = await PGlite.create(options);
  // The cast, because no door leads there.
  const { mod, POSTGRES_MAIN_LONGJMP: sqlError } = database as unknown as Internals;
  invariant(mod?._PostgresMainLoopOnce && sqlError, 'PGlite has the inside that 0.5.14 has');
  const runOnce = mod._PostgresMainLoopOnce;
  mod._PostgresMainLoopOnce = () => {
    try {
      runOnce();
    } catch (thrown) {
      if ((thrown as { status?: unknown } | null)?.status !== sqlError) die(thrown);
      throw thrown;
    }
  };
  return database;
}

interface Internals {
  mod?: { _PostgresMainLoopOnce: () => void };
  /** What the exit status is when an SQL error unwinds the stack. */
  POSTGRES_MAIN_LONGJMP?: number;
}
