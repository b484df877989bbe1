import { expect } from 'vitest';
import type { Storage } from '#storage';
import { accountId } from '../../src/credits/leases/lease.ts';
import { isSessionGone, toJson } from '../../src/credits/ledger/ledger-database.ts';
import { ledgerStatements, type Statements } from '../../src/credits/ledger/statements.ts';
import { ledgerModel } from './model.ts';
import { ModelState } from './model-state.ts';
import { rowsOfDatabase, rowsOfModel } from './rows-of-ledgers.ts';

/** The functions of the database and their model, told the same, one call after the other. */
export class TwoLedgers {
  /** What was called, as it can be read when they differ. */
  readonly story: string[] = [];
  readonly state: ModelState;
  readonly organizations: readonly string[];
  readonly sessions: number[] = [];
  readonly #storage: Storage;
  readonly #database: Statements;
  readonly #model: Statements;

  constructor(storage: Storage, organizations: readonly string[], tick: number) {
    this.#storage = storage;
    this.organizations = organizations;
    this.#database = ledgerStatements(storage);
    this.state = new ModelState(() => Date.UTC(2026, 0, 15, 12));
    this.state.tick = tick;
    this.state.tickedMs = this.state.now();
    this.#model = ledgerModel(this.state);
  }

  /** Calls both and demands the same answer, or the same refusal. */
  async call<Name extends keyof Statements>(
    name: Name,
    ...args: Parameters<Statements[Name]>
  ): Promise<void> {
    this.story.push(`${name} ${toJson(args)}`);
    const told = async (ledger: Statements) => {
      const act = ledger[name] as (...given: unknown[]) => Promise<unknown>;
      return await act.apply(ledger, args).then(readable, refusal);
    };
    const [answered, expected] = [await told(this.#database), await told(this.#model)];
    expect(answered, this.story.join('\n')).toEqual(expected);
  }

  /** Both count sessions alike. */
  async openSession(): Promise<void> {
    const id = await this.#database.openSession('a node');
    this.state.lastSession = id - 1;
    await this.#model.openSession('a node');
    this.sessions.push(id);
    this.story.push(`openSession: ${id}`);
  }

  /** A sign of life is not the time to advance the tick: `timePasses` is. */
  async renew(...sign: Parameters<Statements['renew']>): Promise<void> {
    await this.#storage.query('UPDATE clock SET at = clock_timestamp()');
    await this.call('renew', ...sign);
  }

  async timePasses(ticks: number): Promise<void> {
    this.story.push(`${ticks} ticks`);
    await this.#storage.query('UPDATE clock SET tick = tick + $1::bigint', [ticks]);
    this.state.tick += ticks;
  }

  /** A payment of the organization goes back, or what was owed is paid. */
  async owe(organization: string, owed: bigint): Promise<void> {
    this.story.push(`${organization} owes ${owed}`);
    const account = accountId(organization);
    const before = this.state.owed.get(account) ?? 0n;
    this.state.owed.set(account, owed);
    await this.#storage.query(
      `INSERT INTO credit_account (id, kind) VALUES (receivable_of($1), 'PLATFORM')
        ON CONFLICT DO NOTHING`,
      [organization],
    );
    await this.#storage.query(
      `SELECT ledger_move(receivable_of($1), 'platform:payments', 'ADJUSTMENT', $2::bigint,
        '{"description": "A payment"}')`,
      [organization, (before - owed).toString()],
    );
  }

  /** Every row that money depends on is the same in both. */
  async compareRows(): Promise<void> {
    const { organizations, sessions, state, story } = this;
    const rows = await rowsOfDatabase(this.#storage, { organizations, sessions });
    const expected = rowsOfModel(state, organizations);
    expect(rows, story.join('\n')).toEqual(expected);
  }
}

const refusal = (thrown: unknown) => (isSessionGone(thrown) ? 'the session is gone' : 'refused');

/** What does not depend on the clock, on other customers, or on the order of a set. */
function readable(answer: unknown): unknown {
  if (Array.isArray(answer)) return answer.map(readable).map(toJson).sort();
  if (typeof answer !== 'object' || answer === null) return answer ?? null;
  const told = Object.entries(answer).filter(([name]) => !unlike.has(name));
  return Object.fromEntries(told.map(([name, value]) => [name, readable(value)]));
}

const unlike = new Set(['databaseTime', 'changeNumber', 'entry']);
