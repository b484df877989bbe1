import type { Completion } from '../completion.ts';
import type { Ending } from '../endings.ts';
import type { CompletionEvent } from '../events/events.ts';

/** Who ran a completion. */
export type Owner = Pick<Completion, 'organizationId' | 'apiKeyId' | 'userId'>;

/** Events of a completion as a viewer reads them. */
export interface ReadableLog {
  /** The number of the newest event; 0 before the first. */
  readonly length: number;
  /** Nothing more comes. */
  readonly closed: boolean;
  /** It is kept no longer: there is nothing to read. */
  readonly gone: boolean;
  /**
   * What comes after the number `sequence`, deltas joined; empty when nothing does yet. For a
   * viewer that `begins`, who may come back and have seen some of it, those that anybody has read
   * stay apart: it knows each by its number.
   */
  after(sequence: number, begins?: boolean): readonly CompletionEvent[];
  /**
   * Calls `wake` each time that there is more, and when it is gone; returns how to stop that. It
   * must not throw.
   */
  onMore(wake: () => void): () => void;
}

/** Somebody who watches. */
export interface Attachment {
  leave(how: 'for good' | 'connection lost'): void;
}

/** A completion of this node as a viewer has it: it runs, or it has ended and is kept. */
export interface RunOfNode {
  readonly id: string;
  readonly owner: Owner;
  readonly log: ReadableLog;
  /** It has ended, whether or not it has been settled. */
  readonly hasEnded: boolean;
  readonly refused: boolean;
  /** Resolves when the last event is in the log. */
  readonly settled: Promise<unknown>;
  completion(): Completion;
  /** True when it was this that ended it. */
  end(ending: Ending): boolean;
  attach(): Attachment;
  /** From now on it runs to its end whoever is watching. */
  detach(): void;
}
