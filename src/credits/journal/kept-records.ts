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

  const write = async () => {
    const bytes = Buffer.concat(waiting);
    waiting = [];
    if (segment.bytes >= segmentBytesMax) {
      segment = { path: join(folder, `${segmentName(clock.now())}.posted`), bytes: 0 };
      await discardOld(folder, clock, bytesMax);
    }
    segment.bytes += bytes.length;
    await appendFile(segment.path, bytes, { mode: 0o600 });
    failing = false;
  };
  const writeBehind = () => {
    timer = null;
    writing = writing.then(write).catch((error) => {
      segment.bytes = segmentBytesMax;
      if (!failing) log.warn('Posted charges cannot be kept.', { path: folder, error });
      failing = true;
    });
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
    },
  };
}

/** What is kept in a folder, segment by segment, the oldest first. What is damaged is left out. */
export async function* keptFrames(folder: string): AsyncIterable<readonly ReadFrame[]> {
  for (const path of await postedSegments(folder)) {
    yield fromPayloads(readFrames(await readFile(path)).payloads);
  }
}
