import { join } from 'node:path';
import type { Clock, Log } from '#kernel';
import { takeFolder } from './folder.ts';
import { archive, type JournalFile, openJournalFile, unposted } from './journal-file.ts';
import { type KeptRecords, openKeptRecords } from './kept-records.ts';
import type { ReadFrame } from './segments.ts';

/** What an earlier run left in one file. */
export interface LeftOver {
  readonly frames: readonly ReadFrame[];
  /** Everything in it is in the ledger. */
  setAside(): Promise<void>;
}

/** Where the settlement journal's file is; this process's alone until `release`. */
export interface JournalPlace {
  /**
   * Names whoever has this place: sessions under this name that are still live are its own, of an
   * earlier run.
   */
  readonly node: string;
  /** What earlier runs acknowledged and did not see posted; to be read before `open`. */
  unposted(): Promise<readonly LeftOver[]>;
  open(): JournalFile;
  /** Beside it, what went another way into the ledger. */
  keep(): KeptRecords;
  release(): void;
}

export const journalFolder = (dataDir: string): string => join(dataDir, 'settlement');

/** @throws Fault CONFLICT when another process has this data directory. */
export async function takePlace(dataDir: string, clock: Clock, log: Log): Promise<JournalPlace> {
  const { path, node, release } = await takeFolder(journalFolder(dataDir));
  return {
    node,
    unposted: async () =>
      (await unposted(path, log)).map((left) => ({
        frames: left.frames,
        setAside: () => archive(left.path),
      })),
    open: () => openJournalFile(path, clock, log),
    keep: () => openKeptRecords(path, clock, log),
    release,
  };
}
