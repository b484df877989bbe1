/**
 * First in, first out, in constant time however long it grows; an array alone would move all that
 * is left each time.
 */
export class Fifo<Item> {
  #items: Item[] = [];
  /** Items that have gone out; they are let go of when they are more than those that are left. */
  #gone = 0;

  get first(): Item | undefined {
    return this.#items[this.#gone];
  }

  push(item: Item): void {
    this.#items.push(item);
  }

  /** Lets the first one go. */
  shift(): void {
    this.#gone++;
    if (this.#gone * 2 <= this.#items.length) return;
    this.#items = this.#items.slice(this.#gone);
    this.#gone = 0;
  }
}
