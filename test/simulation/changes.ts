import { demand } from './invariants.ts';
import type { ModelState } from './model-state.ts';
import type { SimNode } from './sim-node.ts';

/** Changes that nodes follow by their numbers, each given as the last act of its transaction. */
export class Changes {
  readonly #state: ModelState;
  readonly #early: boolean;
  readonly #committed: number[] = [];
  readonly #applied = new Map<SimNode, Set<number>>();
  #begun = 0;
  #open = 0;

  /** `early` numbers a change when its transaction begins: a sabotage. */
  constructor(state: ModelState, early: boolean) {
    this.#state = state;
    this.#early = early;
  }

  /** Begins a transaction; call what it answers to commit. */
  begin(): () => void {
    const early = this.#early ? ++this.#begun : null;
    this.#open++;
    return () => {
      this.#open--;
      const number = early ?? ++this.#begun;
      this.#committed.push(number);
      this.#state.change = BigInt(Math.max(number, Number(this.#state.change)));
    };
  }

  /** The node reads on from the last one that it has applied. */
  read(node: SimNode, change: bigint): void {
    const applied = this.#applied.get(node) ?? new Set();
    this.#applied.set(node, applied);
    for (const number of this.#committed) if (BigInt(number) > node.applied) applied.add(number);
    if (change > node.applied) node.applied = change;
  }

  /** A process that starts reads everything as it stands. */
  start(node: SimNode): void {
    node.applied = this.#state.change;
    this.#applied.set(node, new Set(this.#committed));
  }

  /** As far as the node itself can know. */
  upToDate(node: SimNode): boolean {
    return this.#open === 0 && node.applied === this.#state.change;
  }

  /** Everything that committed is applied by whoever is up to date. */
  check(node: SimNode): void {
    const applied = this.#applied.get(node) ?? new Set();
    const missed = this.#committed.filter((number) => !applied.has(number));
    demand(9, missed.length === 0, `${node.name} never saw change ${missed[0]}`);
  }
}
