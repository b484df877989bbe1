import { type FileHandle, mkdir, open, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, Fault, invariant, type Log } from '#kernel';
import { frame, readFrames } from './frames.ts';
import {
  discardOld,
  fromPayloads,
  type JournalFrame,
  payloadOf,
  type ReadFrame,
  segmentBytesMax,
  segmentName,
} from './segments.ts';

/** Counts down what of a segment is not yet posted. */
export interface Segment {
  readonly path: string;
  pending: number;
  sealed: boolean;
}

export interface JournalFile {
  /**
   * Resolves once the bytes are on the disk (fdatasync). A failed write leaves the segment and
   * begins another.
   */
  write(frame: JournalFrame): Promise<Segment>;
  /** A batch of this segment is in the ledger; when all are, the segment is set aside. */
  posted(segment: Segment): void;
  close(): Promise<void>;
}

/**
 * Batches that earlier runs acknowledged and did not see posted, oldest first. To be read before
 * `openJournalFile`.
 */
export async function unposted(
  folder: string,
  log: Log,
): Promise<{ path: string; frames: readonly ReadFrame[] }[]> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files = (await readdir(folder, { withFileTypes: true })).filter((entry) => entry.isFile());
  const names = files.map(({ name }) => name).filter((name) => name.endsWith('.journal'));
  return Promise.all(
    names.sort().map(async (name) => {
      const path = join(folder, name);
      const { payloads, gaps, torn } = readFrames(await readFile(path));
      const frames = fromPayloads(payloads);
      const count = gaps + payloads.length - frames.length;
      if (count > 0)
        log.error('The settlement journal is damaged; what can be read of it is posted.', {
          ...{ path, count },
        });
      if (torn)
        log.warn('The settlement journal ends in a torn record; it was not acknowledged.', {
          path,
        });
      return { path, frames };
    }),
  );
}

/** Sets a segment aside: everything in it is in the ledger. */
export const archive = (path: string): Promise<void> =>
  rename(path, path.replace(/\.journal$/, '.posted'));

/**
 * One writer on one folder, which exists: `DATA_DIR` is locked. It is not made anew when it is
 * deleted, since the database and the lock went with it.
 */
export function openJournalFile(folder: string, clock: Clock, log: Log): JournalFile {
  let current: { segment: Segment; handle: FileHandle; bytes: number } | null = null;
  let lane: Promise<unknown> = Promise.resolve();

  const seal = async () => {
    if (!current) return;
    const { segment, handle } = current;
    current = null;
    segment.sealed = true;
    await handle.close();
    settleSegment(segment);
  };

  const settleSegment = (segment: Segment) => {
    if (segment.sealed && segment.pending === 0) {
      inLane(() => archive(segment.path).then(() => discardOld(folder, clock))).catch((error) =>
        log.warn('A posted journal segment was not set aside.', { path: segment.path, error }),
      );
    }
  };

  const inLane = <T>(step: () => Promise<T>): Promise<T> => {
    const result = lane.then(step);
    lane = result.catch(() => undefined);
    return result;
  };

  const writeNow = async (payload: string): Promise<Segment> => {
    if (current && current.bytes >= segmentBytesMax) await seal();
    current ??= await newSegment(folder, clock.now());
    const { segment, handle } = current;
    const bytes = frame(payload);
    try {
      await handle.appendFile(bytes);
      await handle.datasync();
      // Synced, but nobody will find it: its folder was deleted under this process.
      if ((await handle.stat()).nlink === 0) throw journalGone(segment.path);
    } catch (thrown) {
      await seal().catch(() => undefined);
      throw thrown;
    }
    current.bytes += bytes.length;
    segment.pending++;
    return segment;
  };

  return {
    write: (batch) => inLane(() => writeNow(payloadOf(batch))),
    posted(segment) {
      segment.pending--;
      invariant(segment.pending >= 0, 'a batch is posted once');
      settleSegment(segment);
    },
    async close() {
      await inLane(seal);
      await lane;
    },
  };
}

async function newSegment(folder: string, nowMs: number) {
  const path = join(folder, `${segmentName(nowMs)}.journal`);
  const handle = await open(path, 'ax', 0o600);
  await syncFolder(folder);
  return { segment: { path, pending: 0, sealed: false }, handle, bytes: 0 };
}

const journalGone = (path: string) =>
  new Fault('UNAVAILABLE', {
    public: 'Charges cannot be recorded now. Try again later.',
    internal: `${path} was deleted while charges were written to it`,
  });

/** A new file's name is durable only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}
