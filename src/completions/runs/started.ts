import type { Completion } from '../completion.ts';
import type { Started } from '../completions.ts';
import type { EventFlow } from '../events/events.ts';
import type { Begun } from './repeats.ts';
import type { RunOfNode } from './run-of-node.ts';
import { Viewer } from './viewer.ts';

/**
 * A run of this node as a viewer has it, or its starter, to whom it `isNew`; what is none is that
 * already.
 */
export const startedOf = (begun: Begun, isNew = false): Started =>
  'log' in begun ? new StartedHere(begun, isNew) : begun;

class StartedHere implements Started {
  readonly #run: RunOfNode;
  readonly #isNew: boolean;

  constructor(run: RunOfNode, isNew: boolean) {
    this.#run = run;
    this.#isNew = isNew;
  }

  get id(): string {
    return this.#run.id;
  }

  get refused(): boolean {
    return this.#run.refused;
  }

  completion(): Completion {
    return this.#run.completion();
  }

  /** Of what is new nobody has seen any: `after` is of a completion that its key had before. */
  events(after: number, signal?: AbortSignal): EventFlow {
    return new Viewer(this.#run, this.#isNew ? 0 : after, signal);
  }

  async wait(signal?: AbortSignal): Promise<Completion> {
    const viewer = new Viewer(this.#run, 0, signal);
    await this.#run.settled;
    await viewer.return();
    return this.#run.completion();
  }
}
