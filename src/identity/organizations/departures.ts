import type { Log } from '#kernel';
import type { Directory } from '../access/directory.ts';
import type { Membership } from '../access/principal.ts';

type Listener = (membershipId: string) => void;

/** Tells of members who have left or were removed, on whichever node that happened. */
export class Departures {
  readonly #directory: Directory;
  readonly #log: Log;
  readonly #listeners = new Set<Listener>();

  constructor(directory: Directory, log: Log) {
    this.#directory = directory;
    this.#log = log;
  }

  /** Calls `listener` once for each member who is none any more. Returns how to stop. */
  onLeft(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Compares members that were read anew with what they were `before`. */
  membersChanged(before: readonly Membership[]): void {
    for (const member of before) {
      if (!this.#directory.memberships.get(member.id)) this.#tell(member);
    }
  }

  /** A listener that fails must not keep the others from ending what runs for who has left. */
  #tell({ id, organizationId: organization }: Membership): void {
    for (const listener of this.#listeners) {
      try {
        listener(id);
      } catch (error) {
        this.#log.error('a listener failed to let a member go', { organization, error });
      }
    }
  }
}
