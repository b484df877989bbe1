import { PGlite } from '@electric-sql/pglite';
import { invariant } from '#kernel';

/**
 * PostgreSQL's own 128 MiB of pages are all resident from the start, and hold what the operating
 * system has in its cache as well. A look-up in a table of 200,000 rows takes as long with these.
 */
const startParams = [...PGlite.defaultStartParams, '-c', 'shared_buffers=16MB'];

/**
 * Opens PGlite so that it can die. Left alone, it catches whatever its WebAssembly throws, takes it
 * for an ordinary SQL error and runs the same message again: after a PANIC (the disk is full), a
 * FATAL or a trap it would spin for ever without an answer. `die` is called at once instead, from
 * within the statement, and must not return.
 *
 * @param files the directory of its files; null keeps it in memory.
 */
export async function openMortalPglite(
  files: string | null,
  die: (cause: unknown) => never,
): Promise<PGlite> {
  const place = files === null ? {} : { dataDir: files };
  const database = await PGlite.create({ ...place, startParams });
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
