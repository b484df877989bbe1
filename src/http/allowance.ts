/** Counts what is open at once, by whose it is, up to `most` each. */
export class Allowance {
  readonly most: number;
  readonly #open = new Map<string, number>();

  constructor(most: number) {
    this.most = most;
  }

  isFull(owner: string): boolean {
    return (this.#open.get(owner) ?? 0) >= this.most;
  }

  /** Takes a place and returns how to give it back; null when all are taken. */
  take(owner: string): (() => void) | null {
    if (this.isFull(owner)) return null;
    this.#open.set(owner, (this.#open.get(owner) ?? 0) + 1);
    let taken = true;
    return () => {
      if (!taken) return;
      taken = false;
      const left = (this.#open.get(owner) ?? 1) - 1;
      if (left > 0) this.#open.set(owner, left);
      else this.#open.delete(owner);
    };
  }
}

/** How many sockets may be open at once. */
export interface SocketAllowances {
  /** Without credentials, by network address. */
  readonly anonymous: Allowance;
  /** By API key. */
  readonly byKey: Allowance;
}
