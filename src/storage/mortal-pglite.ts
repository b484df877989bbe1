import { PGlite } from '@electric-sql/pglite';
import { invariant } from '#kernel';

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
  const database = await PGlite.create(files === null ? {} : { dataDir: files });
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
