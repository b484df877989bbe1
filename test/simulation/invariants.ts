import type { CompletionRow } from './ledger-rows.ts';
import type { ModelState } from './model-state.ts';

/** A promise of the ledger that is broken: which, and by what. */
export class Violation extends Error {
  override readonly name = 'Violation';
  readonly invariant: number;

  constructor(invariant: number, message: string) {
    super(`invariant ${invariant}: ${message}`);
    this.invariant = invariant;
  }
}

/**
 * The invariants of docs/LEDGER.md over the rows, numbered as there; 4, 6 and 9 are looked at where
 * nodes act. Entries are only looked at once.
 */
export class LedgerCheck {
  readonly #state: ModelState;
  readonly #seen = new Map<string, number>();
  readonly #sums = new Map<number, bigint>();
  readonly #usage = new Map<string, number>();
  readonly #spent = new Map<string, bigint>();
  readonly #owners = new Map<string, string>();
  #posted = 0;
  #charged = 0n;
  #entered = 0n;
  #late = 0n;
  #loss = 0n;

  constructor(state: ModelState) {
    this.#state = state;
  }

  /** @throws Violation */
  check(): void {
    this.#entries();
    this.#leased();
    this.#ended();
    this.#totals();
  }

  /** 1, 2, 5. */
  #entries(): void {
    const touched = new Set<number>();
    for (const { id, kind, balance, entries } of this.#state.accounts.values()) {
      const from = this.#seen.get(id) ?? 0;
      if (from === entries.length && balance === (entries.at(-1)?.balanceAfter ?? 0n)) continue;
      for (const entry of entries.slice(from)) {
        const before = entries[entry.seq - 2]?.balanceAfter ?? 0n;
        demand(2, entry.balanceAfter === before + entry.amount, `the chain of ${id} is broken`);
        this.#sums.set(entry.tx, (this.#sums.get(entry.tx) ?? 0n) + entry.amount);
        touched.add(entry.tx);
        if (entry.completion !== null && entry.kind !== 'ADJUSTMENT') this.#usedOnce(entry);
        if (kind === 'ORGANIZATION' && entry.kind === 'USAGE') this.#entered -= entry.amount;
        if (id === 'platform:late-loss') this.#loss -= entry.amount;
      }
      this.#seen.set(id, entries.length);
      const last = entries.at(-1)?.balanceAfter ?? 0n;
      demand(2, balance === last, `${id} has ${balance}, its entries ${last}`);
    }
    for (const tx of touched) demand(1, this.#sums.get(tx) === 0n, `transaction ${tx}`);
  }

  #usedOnce({ completion }: { completion: string | null }): void {
    const times = (this.#usage.get(completion ?? '') ?? 0) + 1;
    this.#usage.set(completion ?? '', times);
    demand(5, times === 1, `${completion} is charged ${times} times`);
  }

  /** 3. */
  #leased(): void {
    const sums = new Map<string, bigint>();
    for (const { kind, target, amount, held } of this.#state.leases.values()) {
      sums.set(`${kind} ${target}`, (sums.get(`${kind} ${target}`) ?? 0n) + amount);
      demand(4, held >= 0n && held <= amount, `${held} held of a lease of ${amount}`);
    }
    for (const { id, kind, leased, balance } of this.#state.accounts.values()) {
      if (kind !== 'ORGANIZATION') continue;
      const sum = sums.get(`ACCOUNT ${id}`) ?? 0n;
      demand(3, leased === sum && leased >= 0n, `${id} has leased ${leased}, leases are ${sum}`);
      demand(3, balance >= 0n && leased <= balance, `${id} has leased ${leased} of ${balance}`);
    }
    for (const { id, leased } of this.#state.allowances.values()) {
      const sum = sums.get(`ALLOWANCE ${id}`) ?? 0n;
      demand(3, leased === sum && leased >= 0n, `${id} has leased ${leased}, leases are ${sum}`);
    }
  }

  /** 8. */
  #ended(): void {
    for (const { session, target } of this.#state.leases.values()) {
      const live = this.#state.sessions.get(session)?.state === 'LIVE';
      demand(8, live, `session ${session} has ended and has a lease of ${target}`);
    }
    for (const [session, rows] of this.#state.journal) {
      const live = this.#state.sessions.get(session)?.state === 'LIVE';
      demand(8, live || rows.size === 0, `session ${session} has ended and has a journal row`);
    }
  }

  /** 5, 7, 10, 11. */
  #totals(): void {
    for (const row of this.#newCompletions()) {
      checkBill(row);
      this.#charged += row.charged;
      if (row.unpaid) this.#late += BigInt(row.record.charged);
      for (const { id } of row.record.allowances) {
        this.#spent.set(id, (this.#spent.get(id) ?? 0n) + row.charged);
      }
      this.#claimOnce(row);
    }
    const used = [...this.#state.rollup.values()].reduce((sum, row) => sum + row.charged, 0n);
    const same = used === this.#charged && used === this.#entered;
    demand(10, same, `usage ${used}, charged ${this.#charged}, entered ${this.#entered}`);
    for (const { id, spent, carried } of this.#state.allowances.values()) {
      const sum = carried + (this.#spent.get(id) ?? 0n);
      demand(10, spent === sum, `${id} counts ${spent}, its completions came to ${sum}`);
    }
    demand(11, this.#loss === this.#late, `lost ${this.#loss}, late were ${this.#late}`);
  }

  #newCompletions(): CompletionRow[] {
    const rows = [...this.#state.completions.values()].slice(this.#posted);
    this.#posted += rows.length;
    return rows;
  }

  #claimOnce({ record, charged }: CompletionRow): void {
    if (!record.claim || charged === 0n) return;
    const key = `${record.claim.principal}|${record.claim.key}`;
    const other = this.#owners.get(key);
    demand(5, other === undefined, `${record.completion} and ${other} both charged for ${key}`);
    this.#owners.set(key, record.completion);
  }
}

function checkBill({ record, charged, waived }: CompletionRow): void {
  const full = BigInt(record.charged) + BigInt(record.waived);
  demand(7, charged + waived === full && charged >= 0n, `the bill of ${record.completion}`);
}

export function demand(invariant: number, holds: boolean, message: string): void {
  if (!holds) throw new Violation(invariant, message);
}
