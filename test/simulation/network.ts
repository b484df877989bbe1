import { Fault, type Random } from '#kernel';
import type { Statements } from '../../src/credits/ledger/statements.ts';
import type { Events } from './events.ts';
import type { ProcessClock } from './process-clock.ts';

/** How one node is joined to the database and to the others. */
export interface Link {
  /** The way to the database: refused at once, silent, or losing what comes back. */
  database: 'whole' | 'refused' | 'silent' | 'deaf';
  bus: boolean;
}

export interface Wire {
  readonly events: Events;
  readonly random: Random;
  readonly clock: ProcessClock;
  readonly link: Link;
  /** The database does not answer anybody. */
  readonly databaseIsDown: () => boolean;
  /** A call has taken effect. */
  readonly happened: (name: keyof Statements) => void;
}

/** The driver's own time-out. */
const silenceMs = 5_000;

/** The statements of a ledger at the other end of a wire. */
export function overTheWire(ledger: Statements, wire: Wire): Statements {
  const names = Object.keys(ledger) as (keyof Statements)[];
  const methods = names.map((name) => {
    const act = ledger[name] as (...args: unknown[]) => Promise<unknown>;
    return [name, (...args: unknown[]) => send(wire, name, () => act(...args))];
  });
  return Object.fromEntries(methods);
}

function send(...[wire, name, act]: [Wire, keyof Statements, () => Promise<unknown>]) {
  const { events, random, clock, link } = wire;
  return new Promise<unknown>((resolve, reject) => {
    const fail = (delayMs: number) => {
      events.after(delayMs, () => clock.happens(() => reject(outOfReach())));
    };
    const path = link.database;
    if (path === 'refused' || wire.databaseIsDown()) return fail(0.1);
    if (path === 'silent') return fail(silenceMs);
    events.after(transitMs(random), () => {
      if (clock.dead && random.next() < 0.5) return;
      if (wire.databaseIsDown()) return fail(0.1);
      const answer = act();
      answer.catch(() => undefined); // it may never arrive
      wire.happened(name);
      if (path === 'deaf') return fail(silenceMs);
      events.after(transitMs(random), () => clock.happens(() => answer.then(resolve, reject)));
    });
  });
}

/** Mostly short; one in fifty waits behind something. */
function transitMs(random: Random): number {
  const quick = 0.1 + random.next();
  return random.next() < 0.02 ? quick + 40 * random.next() : quick;
}

const outOfReach = () => new Fault('UNAVAILABLE', { public: 'The database does not answer.' });
