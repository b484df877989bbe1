import type { Completion } from '../completion.ts';
import type { Started } from '../completions.ts';
import type { EventFlow } from '../events/events.ts';
import type { Begun } from './repeats.ts';
import type { RunOfNode } from './run-of-node.ts';
import { Viewer } from './viewer.ts';

/** A run of this node as its starter or a viewer has it; what is none is that already. */
export const startedOf = (begun: Begun): Started =>
  'log' in begun ? new StartedHere(begun) : begun;

class StartedHere implements Started {
  readonly #run: RunOfNode;

  constructor(run: RunOfNode) {
    this.#run = run;
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

  events(after: number, signal?: AbortSignal): EventFlow {
    return new Viewer(this.#run, after, signal);
  }

  async wait(signal?: AbortSignal): Promise<Completion> {
    const viewer = new Viewer(this.#run, 0, signal);
    await this.#run.settled;
    await viewer.return();
    return this.#run.completion();
  }
}
