import { type Random, seededRandom } from '#kernel';
import type { Credits } from '../../src/credits/credits.ts';
import { accountId } from '../../src/credits/leases/lease.ts';
import type { Statements } from '../../src/credits/ledger/statements.ts';
import { Changes } from './changes.ts';
import type { Customer, Request } from './customers.ts';
import { Events } from './events.ts';
import { demand, LedgerCheck } from './invariants.ts';
import { ledgerModel } from './model.ts';
import { ModelState } from './model-state.ts';
import type { Sabotage } from './sabotage.ts';
import { SimNode } from './sim-node.ts';

/** Something that was said to have happened and has to be found in the end. */
export interface Acknowledged {
  readonly request: Request;
  readonly charged: bigint;
  readonly session: number;
}

/** Several nodes, one database, customers, and time; nothing happens that the seed did not say. */
export class World {
  readonly random: Random;
  readonly events = new Events();
  readonly state: ModelState;
  readonly ledger: Statements;
  readonly nodes: SimNode[] = [];
  readonly customers: Customer[] = [];
  readonly changes: Changes;
  /** What was said to be durable and is not posted yet. */
  readonly acknowledged = new Map<string, Acknowledged>();
  /** Everything that ever was. */
  readonly everAcknowledged = new Map<string, Acknowledged>();
  readonly story: string[] = [];
  databaseDown = false;
  databaseSetMs = 0;
  /** Some node was alone or away for so long that what it acknowledged may come too late. */
  isolation = false;
  requests = 0;
  readonly #check: LedgerCheck;
  #violation: unknown = null;

  constructor(
    seed: number,
    options: { nodes: number; kind: 'embedded' | 'server' },
    sabotage: Sabotage | null,
  ) {
    this.random = seededRandom(seed);
    this.state = new ModelState(
      () => Date.UTC(2026, 0, 15, 12) + this.events.nowMs + this.databaseSetMs,
      sabotage,
    );
    this.ledger = ledgerModel(this.state);
    this.changes = new Changes(this.state, sabotage === 'numbers before commits');
    this.#check = new LedgerCheck(this.state);
    this.#openCustomers();
    for (let n = 0; n < options.nodes; n++) this.#addNode(options.kind, sabotage);
  }

  note(text: string): void {
    this.story.push(`${(this.events.nowMs / 1_000).toFixed(3)}s ${text}`);
  }

  /** Lets everything happen that happens within `ms`, and looks at each step whether it may. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.events.nowMs + ms;
    for (let event = this.events.next(untilMs); event; event = this.events.next(untilMs)) {
      event.run();
      await settled();
      if (this.#violation) throw this.#violation;
      for (const node of this.nodes) checkNode(node, this.state);
    }
  }

  /** As long as it takes, which is not long once everything is whole. */
  async until(condition: () => boolean): Promise<void> {
    for (let waits = 0; waits < 400 && !condition(); waits++) await this.pass(50);
  }

  /** Runs `step` when nothing in the world waits for it: what it throws ends the simulation. */
  aside(step: () => Promise<void>): void {
    step().catch((thrown) => {
      this.#violation ??= thrown;
    });
  }

  /** 6: acknowledged is in a journal, posted, or in quarantine. */
  checkKept(): void {
    for (const [completion] of this.acknowledged) {
      if (this.state.completions.has(completion)) this.acknowledged.delete(completion);
      else {
        const kept = inJournal(this.state, completion);
        const onDisk = kept || this.nodes.some(({ disk }) => disk.keeps(completion));
        demand(6, onDisk, `${completion} was acknowledged and is nowhere`);
      }
    }
  }

  #addNode(kind: 'embedded' | 'server', sabotage: Sabotage | null): void {
    const node = new SimNode(`node ${this.nodes.length + 1}`, {
      events: this.events,
      random: this.random,
      kind,
      ledger: this.ledger,
      databaseIsDown: () => this.databaseDown,
      oneClock: sabotage === 'one clock',
      happened: () => this.#happened(),
      tell: (from, hear) => this.#tell(from, hear),
      readAll: (reader) => this.changes.start(reader),
      readChanges: (reader, change) => this.changes.read(reader, change),
    });
    node.disk.forgetful = sabotage === 'no replay';
    this.nodes.push(node);
  }

  #openCustomers(): void {
    for (let n = 1; n <= 2; n++) {
      const organizationId = `org_${n}`;
      const account = accountId(organizationId);
      this.state.open(account, 'ORGANIZATION');
      const grant = { key: 'opening', reason: 'A gift', actor: null };
      void this.ledger.grantCredits(account, { ...grant, amount: n === 1 ? 80n : 2_000n });
      this.customers.push({ organizationId, apiKeyId: `key_${n}`, limit: 200n });
    }
  }

  #happened(): void {
    try {
      this.#check.check();
      this.checkKept();
      demand(6, this.state.quarantine.length === 0, 'a sound record was set aside');
      if (!this.isolation) this.#checkNobodyDied();
    } catch (thrown) {
      this.#violation ??= thrown;
    }
  }

  /** 9: while the database is away time stands still, so nobody who lives is taken for dead. */
  #checkNobodyDied(): void {
    for (const { machine, clock, name } of this.nodes) {
      if (!machine || clock.dead) continue;
      const { number } = machine.session;
      const dead = this.state.sessions.get(number)?.state === 'DEAD';
      demand(9, !dead, `${name} was taken for dead in session ${number}, and nobody was isolated`);
    }
  }

  #tell(from: SimNode, hear: (credits: Credits) => void): void {
    for (const node of this.nodes) {
      if (node === from) continue;
      this.events.after(0.2 + 2 * this.random.next(), () =>
        node.clock.happens(() => {
          if (node.link.bus && node.credits) hear(node.credits);
        }),
      );
    }
  }
}

function inJournal(state: ModelState, completion: string): boolean {
  for (const rows of state.journal.values()) {
    for (const records of rows.values()) {
      if (records.some((record) => record.completion === completion)) return true;
    }
  }
  return false;
}

/** 4: what a node may still use is free or held here, and covered by what it has leased. */
function checkNode(node: SimNode, state: ModelState): void {
  const { machine } = node;
  if (!machine || node.clock.dead) return;
  for (const lease of machine.book.leases) {
    const { free, held, unposted, amount } = lease;
    demand(4, free >= 0n && free + held + unposted === amount, `${node.name}: ${lease.target}`);
    const leased = state.lease(machine.session.number, lease)?.amount ?? 0n;
    const live = state.sessions.get(machine.session.number)?.state === 'LIVE';
    demand(4, !live || free + held <= leased, `${node.name} may use ${free + held} of ${leased}`);
  }
}

/** An immediate runs after all microtasks, those included that microtasks add. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
