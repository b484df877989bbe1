/**
 * Values by their id and by further names, each of which leads to one value at most, and by a group
 * that several may share. Replacing a value forgets the names and the group that it no longer has.
 */
export class Lookup<Value> {
  readonly #values = new Map<string, Value>();
  readonly #ids = new Map<string, string>();
  readonly #idOf: (value: Value) => string;
  readonly #namesOf: (value: Value) => readonly string[];
  readonly #groups = new Map<string, Set<Value>>();
  readonly #groupOf: (value: Value) => string | null;

  constructor(
    idOf: (value: Value) => string,
    namesOf: (value: Value) => readonly string[],
    groupOf: (value: Value) => string | null = () => null,
  ) {
    this.#idOf = idOf;
    this.#namesOf = namesOf;
    this.#groupOf = groupOf;
  }

  get(id: string): Value | undefined {
    return this.#values.get(id);
  }

  named(name: string): Value | undefined {
    const id = this.#ids.get(name);
    return id === undefined ? undefined : this.#values.get(id);
  }

  grouped(group: string): Iterable<Value> {
    return this.#groups.get(group) ?? [];
  }

  values(): Iterable<Value> {
    return this.#values.values();
  }

  ids(): Iterable<string> {
    return this.#values.keys();
  }

  /** Takes out all of `ids`, then puts in `values`, in one step that nobody sees the middle of. */
  replace(ids: Iterable<string>, values: readonly Value[]): void {
    for (const id of [...ids]) this.#remove(id);
    for (const value of values) this.#put(value);
  }

  #put(value: Value): void {
    const id = this.#idOf(value);
    this.#remove(id);
    this.#values.set(id, value);
    for (const name of this.#namesOf(value)) this.#ids.set(name, id);
    const group = this.#groupOf(value);
    if (group !== null) this.#groups.set(group, (this.#groups.get(group) ?? new Set()).add(value));
  }

  #remove(id: string): void {
    const value = this.#values.get(id);
    if (value === undefined) return;
    this.#values.delete(id);
    for (const name of this.#namesOf(value)) {
      if (this.#ids.get(name) === id) this.#ids.delete(name);
    }
    const group = this.#groupOf(value);
    const members = group === null ? undefined : this.#groups.get(group);
    if (group !== null && members?.delete(value) && members.size === 0) this.#groups.delete(group);
  }
}
