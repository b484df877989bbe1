import type { Log } from '#kernel';
import type { Directory } from '../access/directory.ts';
import { Listeners } from '../access/listeners.ts';
import type { Membership } from '../access/principal.ts';

/** Tells of members who have left or were removed, on whichever node that happened. */
export class Departures {
  readonly #directory: Directory;
  readonly #listeners: Listeners<string>;

  constructor(directory: Directory, log: Log) {
    this.#directory = directory;
    this.#listeners = new Listeners(log, 'let a member go');
  }

  /** Calls `listener` once for each member who is none any more. Returns how to stop. */
  onLeft(listener: (membershipId: string) => void): () => void {
    return this.#listeners.add(listener);
  }

  /** Compares members that were read anew with what they were `before`. */
  membersChanged(before: readonly Membership[]): void {
    for (const { id } of before) {
      if (!this.#directory.memberships.get(id)) this.#listeners.tell(id);
    }
  }
}
