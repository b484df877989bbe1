/** What lies in a bag knows where. */
export interface Bagged {
  /** Its place in the bag that it lies in; the bag's to write. */
  place: number;
}

/**
 * Things that come and go without end, in no order. A Set makes a new table for them again and
 * again, and each that it has grown out of points to the next one: once one of them is old, all
 * that came since lives until a full collection. Here nothing is left of what has gone.
 */
export class Bag<Item extends Bagged> implements Iterable<Item> {
  readonly #items: Item[] = [];

  get size(): number {
    return this.#items.length;
  }

  has(item: Item): boolean {
    return this.#items[item.place] === item;
  }

  /** Of an item that lies in no bag. */
  add(item: Item): void {
    item.place = this.#items.push(item) - 1;
  }

  /** False when it was not there. */
  delete(item: Item): boolean {
    if (!this.has(item)) return false;
    const last = this.#items.pop();
    if (last !== undefined && last !== item) {
      this.#items[item.place] = last;
      last.place = item.place;
    }
    return true;
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.#items.values();
  }
}
