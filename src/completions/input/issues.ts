import { type InputIssue, InvalidInput, issuesMax, nestedWithin } from '#kernel';

/**
 * Gathers what is wrong with an input, up to a number that nobody reads, so that a client can mark
 * all fields at once.
 */
export class Issues {
  readonly #found: InputIssue[] = [];

  add(path: string, message: string, accepted?: string): void {
    if (this.#found.length === issuesMax) return;
    this.#found.push({ path, message, ...(accepted === undefined ? {} : { accepted }) });
  }

  /** A number that may be absent; bounds inclusive. */
  number(path: string, value: number | null | undefined, bounds: readonly [number, number]): void {
    if (value === null || value === undefined) return;
    const [min, max] = bounds;
    if (!Number.isFinite(value) || value < min || value > max) {
      this.add(path, `${value} is out of range.`, `${min} to ${max}`);
    }
  }

  /** A text that may be absent; its length in characters, bounds inclusive. */
  text(path: string, value: string | null | undefined, bounds: readonly [number, number]): void {
    if (value === null || value === undefined) return;
    const [min, max] = bounds;
    if (value.length < min || value.length > max) {
      this.add(path, `It has ${value.length} characters.`, `${min} to ${max} characters`);
    }
  }

  /** A list that may be absent; its length, bounds inclusive. */
  list(path: string, value: readonly unknown[] | null | undefined, max: number): void {
    if (value && value.length > max) {
      this.add(path, `It has ${value.length} entries.`, `at most ${max}`);
    }
  }

  /** A JSON object at most `depthMax` levels deep. */
  object(path: string, value: unknown, depthMax: number): void {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      this.add(path, 'It is not an object.', 'a JSON object');
    } else {
      this.json(path, value, depthMax);
    }
  }

  /** JSON of any form, at most `depthMax` levels deep. */
  json(path: string, value: unknown, depthMax: number): void {
    if (nestedWithin(value, depthMax)) return;
    this.add(path, `It is nested more than ${depthMax} levels deep.`, `at most ${depthMax}`);
  }

  /** Throws what was found, all of it, or nothing. */
  throwIfAny(): void {
    if (this.#found.length > 0) throw new InvalidInput(this.#found);
  }
}
