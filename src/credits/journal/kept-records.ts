import { appendFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Clock, type Log, secondMs, type Timer } from '#kernel';
import { frame, readFrames } from './frames.ts';
import {
  discardOld,
  fromPayloads,
  type JournalFrame,
  payloadOf,
  postedSegments,
  type ReadFrame,
  segmentBytesMax,
  segmentName,
} from './segments.ts';

/** So much of a day: some eight hundred thousand charges. */
const bytesMax = 2 ** 30;
/** What waits for a full disk to have room: some thirteen thousand charges. */
const waitingBytesMax = 16 * 2 ** 20;

/** What PostgreSQL has had from this node, for a replica that takes over without the last of it. */
export interface KeptRecords {
  /** Written with others within a second: it is safe already, where it was posted. */
  keep(batch: JournalFrame): void;
  close(): Promise<void>;
}

export function openKeptRecords(folder: string, clock: Clock, log: Log): KeptRecords {
  let waiting: Buffer[] = [];
  let segment = { path: '', bytes: segmentBytesMax };
  let timer: Timer | null = null;
  let writing = Promise.resolve();
  let failing = false;

  const append = async (bytes: Buffer) => {
    if (segment.bytes >= segmentBytesMax) {
      segment = { path: join(folder, `${segmentName(clock.now())}.posted`), bytes: 0 };
      await discardOld(folder, clock, bytesMax);
    }
    await appendFile(segment.path, bytes, { mode: 0o600 });
    segment.bytes += bytes.length;
  };
  const write = async () => {
    const frames = waiting;
    waiting = [];
    try {
      await append(Buffer.concat(frames));
      failing = false;
    } catch (error) {
      // Written again whole, after what of it may be there: a torn frame is passed over.
      waiting = newest([...frames, ...waiting]);
      timer ??= clock.after(secondMs, writeBehind);
      if (!failing) log.warn('Posted charges cannot be kept.', { path: folder, error });
      failing = true;
    }
  };
  const writeBehind = () => {
    timer = null;
    writing = writing.then(write);
  };
  return {
    keep(batch) {
      waiting.push(frame(payloadOf(batch)));
      timer ??= clock.after(secondMs, writeBehind);
    },
    async close() {
      timer?.cancel();
      if (waiting.length > 0) writeBehind();
      await writing;
      timer?.cancel();
    },
  };
}

/** What a disk that takes nothing keeps in memory: the last of it, within the bound. */
function newest(frames: readonly Buffer[]): Buffer[] {
  let bytes = 0;
  const beyond = frames.findLastIndex(({ length }) => {
    bytes += length;
    return bytes > waitingBytesMax;
  });
  return frames.slice(beyond + 1);
}

/** What is kept in a folder, segment by segment, the oldest first. What is damaged is left out. */
export async function* keptFrames(folder: string): AsyncIterable<readonly ReadFrame[]> {
  for (const path of await postedSegments(folder)) {
    yield fromPayloads(readFrames(await readFile(path)).payloads);
  }
}
