import { readdir, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, dayMs, secureText } from '#kernel';

/** What one write was: the records of one batch and the session whose lease pays them. */
export interface JournalFrame {
  readonly session: number;
  /** A JSON array of journal records. */
  readonly records: string;
}

/** The same, read again. */
export interface ReadFrame {
  readonly session: number;
  readonly records: readonly unknown[];
}

export const payloadOf = ({ session, records }: JournalFrame): string =>
  `{"session":${session},"records":${records}}`;

/** What can be read of them: a frame may be whole and hold what no node has written. */
export const fromPayloads = (payloads: readonly string[]): readonly ReadFrame[] =>
  payloads.flatMap((payload) => {
    try {
      const read = JSON.parse(payload);
      return Number.isInteger(read?.session) && Array.isArray(read.records) ? [read] : [];
    } catch {
      return [];
    }
  });

/** A segment is followed by the next one at this size. */
export const segmentBytesMax = 4 * 2 ** 20;
/**
 * Posted segments are kept this long: a database that has lost what was acknowledged is brought up
 * to date from them.
 */
const keepMs = dayMs;

/** Without its ending: `.journal` until everything in it is in the ledger, then `.posted`. */
export const segmentName = (nowMs: number): string =>
  `${String(nowMs).padStart(14, '0')}-${secureText(6, '0123456789')}`;

/** Posted segments, oldest first; none where nothing was ever written. */
export async function postedSegments(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const posted = names.filter((name) => name.endsWith('.posted')).sort();
  return posted.map((name) => join(folder, name));
}

/** Deletes the posted segments that are a day old, and the oldest of more than `bytesMax`. */
export async function discardOld(
  folder: string,
  clock: Clock,
  bytesMax = Number.POSITIVE_INFINITY,
): Promise<void> {
  let bytes = 0;
  for (const path of (await postedSegments(folder)).toReversed()) {
    const { mtimeMs, size } = await stat(path);
    bytes += size;
    if (mtimeMs < clock.now() - keepMs || bytes > bytesMax) await unlink(path);
  }
}
