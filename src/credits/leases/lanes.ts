/** One step at a time for each name, in the order of asking; names do not wait for each other. */
export class Lanes {
  readonly #last = new Map<string, Promise<void>>();

  run<T>(name: string, step: () => Promise<T>): Promise<T> {
    const result = (this.#last.get(name) ?? Promise.resolve()).then(step);
    const settled = result.then(
      () => undefined,
      () => undefined,
    );
    this.#last.set(name, settled);
    settled.then(() => {
      if (this.#last.get(name) === settled) this.#last.delete(name);
    });
    return result;
  }
}
