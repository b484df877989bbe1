import type { Log } from '#kernel';

/** Whoever wants to hear of something. One that fails keeps nobody else from hearing of it. */
export class Listeners<Told> {
  readonly #all = new Set<(told: Told) => void>();
  readonly #log: Log;
  readonly #purpose: string;

  /** `purpose`: what a listener is for, as a log says that it failed to. */
  constructor(log: Log, purpose: string) {
    this.#log = log;
    this.#purpose = purpose;
  }

  /** Returns how to stop. */
  add(listener: (told: Told) => void): () => void {
    this.#all.add(listener);
    return () => this.#all.delete(listener);
  }

  tell(told: Told): void {
    for (const listener of this.#all) {
      try {
        listener(told);
      } catch (error) {
        this.#log.error(`a listener failed to ${this.#purpose}`, { error });
      }
    }
  }

  clear(): void {
    this.#all.clear();
  }
}
