import { UpstreamFault } from '#upstream';

/** What the answers that run on a node may hold together before the largest break off. */
const bytesMax = 128 * 1024 * 1024;
/** An answer of less is not counted: nearly none of the honest ones is. */
const smallBytes = 64 * 1024;

/**
 * What the answers that run on this node hold. Each has its own bound, and a hundred endless ones
 * at once would fill the memory all the same. Beyond `bytesMax` one that holds more than its even
 * share and grows breaks off; who holds less goes on, so that all together never hold twice as
 * much.
 */
export class RunningAnswers {
  readonly #held = new Map<string, number>();
  #total = 0;

  /** The answer of this run holds so much now. @throws UpstreamFault EXCESS. */
  holds(run: string, bytes: number): void {
    if (bytes < smallBytes) return;
    this.#total += bytes - (this.#held.get(run) ?? 0);
    this.#held.set(run, bytes);
    if (this.#total > bytesMax && bytes > bytesMax / this.#held.size) {
      throw new UpstreamFault({ failure: 'EXCESS', httpStatus: 200 });
    }
  }

  /** It runs no longer. */
  dropped(run: string): void {
    this.#total -= this.#held.get(run) ?? 0;
    this.#held.delete(run);
  }
}
