import { Fault, type Random } from '#kernel';
import type { JournalFile, Segment } from '../../src/credits/journal/journal-file.ts';
import type { JournalPlace } from '../../src/credits/journal/journal-place.ts';
import type { JournalFrame, ReadFrame } from '../../src/credits/journal/segments.ts';
import type { Events } from './events.ts';
import type { PostedRecord } from './ledger-rows.ts';

interface File {
  readonly segment: Segment;
  readonly frames: JournalFrame[];
}

/** The disk of a node's settlement journal: what is synced survives, the rest by chance. */
export class JournalDisk {
  readonly #events: Events;
  readonly #random: Random;
  readonly node: string;
  #files: File[] = [];
  /** Writes fail. */
  full = false;
  /** A start leaves everything unread and drops it: a sabotage. */
  forgetful = false;

  constructor(node: string, events: Events, random: Random) {
    this.node = node;
    this.#events = events;
    this.#random = random;
  }

  /** As a process of this node takes it; `alive` is false once that process is dead. */
  place(alive: () => boolean): JournalPlace {
    return {
      node: this.node,
      unposted: async () => {
        if (this.forgetful) this.#files = [];
        return this.#files.map((file) => ({
          frames: file.frames.map(readFrame),
          setAside: async () => this.#drop(file),
        }));
      },
      open: () => this.#open(alive),
      // Of the last day, for a database that lost something: none does here.
      keep: () => ({ keep: () => undefined, close: async () => undefined }),
      release: () => undefined,
    };
  }

  /** True when a record of this completion is kept here. */
  keeps(completion: string): boolean {
    return this.#files.some(({ frames }) =>
      frames.some(({ records }) => records.includes(completion)),
    );
  }

  #open(alive: () => boolean): JournalFile {
    const segment: Segment = { path: '', pending: 0, sealed: false };
    const file: File = { segment, frames: [] };
    this.#files.push(file);
    return {
      write: (frame) => this.#write(file, frame, alive),
      posted: () => {
        if (!alive()) return;
        segment.pending--;
        if (segment.pending === 0) file.frames.length = 0;
      },
      close: async () => {
        if (segment.pending === 0) this.#drop(file);
      },
    };
  }

  #write(...[file, frame, alive]: [File, JournalFrame, () => boolean]): Promise<Segment> {
    return new Promise((resolve, reject) => {
      const full = this.full;
      this.#events.after(0.1 + this.#random.next(), () => {
        if (full) return reject(new Fault('UNAVAILABLE', { public: 'The disk is full.' }));
        if (!alive() && this.#random.next() < 0.5) return;
        file.frames.push({ session: frame.session, records: frame.records });
        file.segment.pending++;
        if (alive()) resolve(file.segment);
      });
    });
  }

  #drop(file: File): void {
    this.#files = this.#files.filter((other) => other !== file);
  }
}

const readFrame = ({ session, records }: JournalFrame): ReadFrame => ({
  session,
  records: JSON.parse(records) as PostedRecord[],
});
