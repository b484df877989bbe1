import { join } from 'node:path';
import type { Clock, Log } from '#kernel';
import { takeFolder } from './folder.ts';
import {
  archive,
  type JournalFile,
  openJournalFile,
  type ReadFrame,
  unposted,
} from './journal-file.ts';

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
  release(): void;
}

/** @throws Fault CONFLICT when another process has this data directory. */
export async function takePlace(dataDir: string, clock: Clock, log: Log): Promise<JournalPlace> {
  const { path, node, release } = await takeFolder(join(dataDir, 'settlement'));
  return {
    node,
    unposted: async () =>
      (await unposted(path, log)).map((left) => ({
        frames: left.frames,
        setAside: () => archive(left.path),
      })),
    open: () => openJournalFile(path, clock, log),
    release,
  };
}
