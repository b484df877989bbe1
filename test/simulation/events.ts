/** What happens when, in the order of time, then of asking. A binary heap. */
export class Events {
  readonly #heap: Event[] = [];
  #asked = 0;
  nowMs = 0;

  at(dueMs: number, run: () => void): Event {
    const event = { dueMs: Math.max(dueMs, this.nowMs), order: this.#asked++, run, off: false };
    this.#heap.push(event);
    this.#rise(this.#heap.length - 1);
    return event;
  }

  after(delayMs: number, run: () => void): Event {
    return this.at(this.nowMs + delayMs, run);
  }

  /** The next event, which time has now come to; null when none is left before `untilMs`. */
  next(untilMs: number): Event | null {
    for (let first = this.#heap[0]; first && first.dueMs <= untilMs; first = this.#heap[0]) {
      this.#dropFirst();
      if (first.off) continue;
      this.nowMs = first.dueMs;
      return first;
    }
    this.nowMs = untilMs;
    return null;
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#swapped(at, parent)) return;
      at = parent;
    }
  }

  #dropFirst(): void {
    const last = this.#heap.pop();
    if (!last || this.#heap.length === 0) return;
    this.#heap[0] = last;
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const child = right < this.#heap.length && this.#before(right, left) ? right : left;
      if (child >= this.#heap.length || !this.#swapped(child, at)) return;
      at = child;
    }
  }

  /** Exchanges the two when the first comes before the second. */
  #swapped(one: number, other: number): boolean {
    if (!this.#before(one, other)) return false;
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (!a || !b) return false;
    this.#heap[one] = b;
    this.#heap[other] = a;
    return true;
  }

  #before(one: number, other: number): boolean {
    const [a, b] = [this.#heap[one], this.#heap[other]];
    if (!a || !b) return false;
    return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
  }
}

export interface Event {
  readonly dueMs: number;
  readonly order: number;
  readonly run: () => void;
  /** It does not happen. */
  off: boolean;
}
