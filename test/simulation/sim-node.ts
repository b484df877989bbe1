import { type Random, silentLog } from '#kernel';
import { type Credits, openCreditsIn } from '../../src/credits/credits.ts';
import type { Statements } from '../../src/credits/ledger/statements.ts';
import type { Machine } from '../../src/credits/parts.ts';
import type { Heartbeat } from '../../src/credits/session/peers.ts';
import type { Events } from './events.ts';
import { JournalDisk } from './journal-disk.ts';
import { type Link, overTheWire } from './network.ts';
import { ProcessClock } from './process-clock.ts';

/** What a node shares with the others. */
export interface Surroundings {
  readonly events: Events;
  readonly random: Random;
  readonly kind: 'embedded' | 'server';
  readonly ledger: Statements;
  readonly databaseIsDown: () => boolean;
  readonly oneClock: boolean;
  /** A call of this node has taken effect in the database. */
  readonly happened: (node: SimNode, name: keyof Statements) => void;
  /** Reaches the other nodes, unless their way or this node's is cut. */
  readonly tell: (from: SimNode, hear: (credits: Credits) => void) => void;
  /** The node has read this change number: what it then has applied. */
  readonly readChanges: (node: SimNode, change: bigint) => void;
  /** The node reads everything as it stands. */
  readonly readAll: (node: SimNode) => void;
}

/** A machine that runs a node of the credits room, its disk, and its links. */
export class SimNode {
  readonly name: string;
  readonly disk: JournalDisk;
  readonly link: Link = { database: 'whole', bus: true };
  readonly #world: Surroundings;
  clock: ProcessClock;
  credits: Credits | null = null;
  machine: Machine | null = null;
  starting = false;
  applied = 0n;

  constructor(name: string, world: Surroundings) {
    this.name = name;
    this.#world = world;
    this.disk = new JournalDisk(name, world.events, world.random);
    this.clock = new ProcessClock(world.events, world.oneClock);
  }

  /** Tries to start; a start without a database fails. */
  async start(): Promise<void> {
    const { events, oneClock, kind, ledger } = this.#world;
    const clock = new ProcessClock(events, oneClock);
    this.clock = clock;
    this.starting = true;
    this.#world.readAll(this);
    const happened = (name: keyof Statements) => this.#world.happened(this, name);
    const wire = { ...this.#world, clock, link: this.link, happened };
    try {
      const { credits, machine } = await openCreditsIn({
        kind,
        statements: overTheWire(ledger, wire),
        place: this.disk.place(() => !clock.dead),
        clock,
        log: silentLog,
        shared: true,
        recall: (account) => this.#tell(clock, (other) => other.recalled(account)),
        say: (heartbeat: Heartbeat) => this.#tell(clock, (other) => other.heard(heartbeat)),
        appliedChange: () => this.applied,
      });
      if (clock.dead) return;
      credits.onLooked((change) => this.#world.readChanges(this, change));
      this.credits = credits;
      this.machine = machine;
    } catch {
      clock.dead = true; // the next start tries again
    } finally {
      this.starting = false;
    }
  }

  /** SIGKILL. */
  kill(): void {
    this.clock.dead = true;
    this.credits = null;
    this.machine = null;
    this.starting = false;
  }

  get runs(): boolean {
    return this.credits !== null && !this.clock.dead;
  }

  #tell(clock: ProcessClock, hear: (credits: Credits) => void): void {
    if (!clock.dead && this.link.bus) this.#world.tell(this, hear);
  }
}
