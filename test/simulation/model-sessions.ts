import type { Statements } from '../../src/credits/ledger/statements.ts';
import type { SessionRow } from './ledger-rows.ts';
import { leaseModel } from './model-leases.ts';
import { counted, settleHalving, takeJournal } from './model-posting.ts';
import type { ModelState } from './model-state.ts';

const deadAfterTicks = 50;

type Sessions = Pick<
  Statements,
  'openSession' | 'renew' | 'changeNumber' | 'closeSession' | 'reapSession' | 'liveSessions'
>;

/** As the functions `session_…`. */
export function sessionModel(state: ModelState): Sessions {
  const { noteHeld } = leaseModel(state);
  return {
    async openSession(node) {
      const id = ++state.lastSession;
      const renewed = { renewedTick: state.tick, renewedMs: state.now() };
      state.sessions.set(id, { id, node, state: 'LIVE', ...renewed });
      return id;
    },
    async renew({ session, held }) {
      state.fence(session);
      tick(state);
      const row = state.sessions.get(session);
      if (row) Object.assign(row, { renewedTick: state.tick, renewedMs: state.now() });
      noteHeld(session, held);
      const live = state.live().map(({ id }) => id);
      const recalls = state
        .leasesOf(session)
        .filter((lease) => (state.owner(lease)?.recallTick ?? -9) >= state.tick - 2)
        .map(({ kind, target }) => ({ kind, target }));
      const databaseTime = new Date(state.now());
      return { databaseTime, changeNumber: state.change, live, recalls };
    },
    changeNumber: async () => state.change,
    async closeSession(session) {
      const row = state.sessions.get(session);
      if (row?.state !== 'LIVE') return false;
      end(state, row, 'CLOSED');
      return true;
    },
    async reapSession() {
      const dead = state.live().find((row) => isDead(state, row));
      if (dead) end(state, dead, 'DEAD');
      return dead?.id ?? null;
    },
    liveSessions: async (node) =>
      state.live().flatMap((row) => (node === null || row.node === node ? [row.id] : [])),
  };
}

/** At most one a second, whatever the database's clock does. */
function tick(state: ModelState): void {
  const sinceMs = state.now() - state.tickedMs;
  if (sinceMs < 950 && sinceMs >= -1_000) return;
  state.tick++;
  state.tickedMs = state.now();
}

function isDead(state: ModelState, { renewedTick, renewedMs }: SessionRow): boolean {
  if (state.sabotage === 'wall time for ticks') return state.now() - renewedMs > 50_000;
  return state.tick - renewedTick > deadAfterTicks;
}

function end(state: ModelState, row: SessionRow, became: 'CLOSED' | 'DEAD'): void {
  row.state = became;
  if (state.sabotage !== 'freed before posted') {
    const records = counted(state, takeJournal(state, row.id));
    settleHalving(state, records, { session: row.id, late: false });
  }
  for (const lease of state.leasesOf(row.id)) {
    const owner = state.owner(lease);
    if (owner) owner.leased -= lease.amount;
    state.dropLease(lease);
  }
}
