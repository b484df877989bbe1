import type { Started } from '../completions.ts';
import { endings } from '../endings.ts';
import { type Repeat, usedOtherwise } from './claims.ts';
import type { RunOfNode } from './run-of-node.ts';
import { Running } from './running.ts';

/** What a start leads to: a run of this node, or a completion that is not one (any more). */
export type Begun = RunOfNode | Started;

interface Known {
  readonly name: string;
  readonly body: string;
  begun: Promise<Begun>;
}

/**
 * Which completion answers a repeat on this node: the same key from the same credential joins the
 * same one, also while the first still waits for its claim. What is forgotten here is known to the
 * database.
 */
export class Repeats {
  readonly #byName = new Map<string, Known>();
  readonly #byRun = new Map<string, Known>();

  /**
   * The completion of this key: the known one, or the one that `begin` begins. Throws CONFLICT when
   * the key was used for another input.
   */
  async join({ owner, key, body }: Repeat, begin: () => Promise<Begun>): Promise<Begun> {
    const name = `${owner}\n${key}`;
    const known = this.#byName.get(name);
    if (!known) return this.#remember({ name, body, begun: begin() });
    if (known.body !== body) throw usedOtherwise();
    return known.begun;
  }

  /** To be called when the run of this id is forgotten. */
  forget(id: string): void {
    const known = this.#byRun.get(id);
    this.#byRun.delete(id);
    if (known) this.#drop(known);
  }

  async #remember(known: Known): Promise<Begun> {
    this.#byName.set(known.name, known);
    try {
      const begun = await known.begun;
      if (begun instanceof Running) this.#keep(known, begun);
      else this.#drop(known);
      return begun;
    } catch (thrown) {
      this.#drop(known);
      throw thrown;
    }
  }

  /** Until it is forgotten, or has ended without using its key up. */
  #keep(known: Known, running: Running): void {
    this.#byRun.set(running.id, known);
    void running.settled.then((ended) => {
      const usesKey = running.ending && endings[running.ending.kind].usesKey;
      if (running.lost || (running.ending && !usesKey)) this.forget(running.id);
      else known.begun = Promise.resolve(ended);
    });
  }

  #drop(known: Known): void {
    if (this.#byName.get(known.name) === known) this.#byName.delete(known.name);
  }
}
