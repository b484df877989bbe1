import type { Statements } from '../../src/credits/ledger/statements.ts';
import { claimModel } from './model-claims.ts';
import { chargedBeforeLimit, leaseModel } from './model-leases.ts';
import { addEntry, counted, recordsOf, settleHalving, takeJournal } from './model-posting.ts';
import { sessionModel } from './model-sessions.ts';
import { type ModelState, Refused } from './model-state.ts';

/**
 * The ledger's SQL functions, in memory: the same answers, the same refusals, the same rows. Each
 * call takes effect at once and as a whole.
 */
export function ledgerModel(state: ModelState): Statements {
  return {
    ...sessionModel(state),
    ...leaseModel(state),
    ...claimModel(state),
    ...postingModel(state),
    ...accountModel(state),
  };
}

type Posting = Pick<Statements, 'append' | 'journalSessions' | 'postJournal' | 'post' | 'postLate'>;

function postingModel(state: ModelState): Posting {
  const { noteHeld } = leaseModel(state);
  return {
    async append(session, appended) {
      state.fence(session);
      const rows = state.journal.get(session) ?? new Map();
      state.journal.set(session, rows);
      for (const { n, records } of appended) if (!rows.has(n)) rows.set(n, recordsOf(records));
    },
    async journalSessions() {
      return [...state.journal]
        .flatMap(([session, rows]) => (rows.size > 0 ? [session] : []))
        .sort((a, b) => a - b);
    },
    async postJournal({ session, rows, held }) {
      state.fence(session);
      const records = takeJournal(state, session, rows);
      const quarantined = settleHalving(state, counted(state, records), { session, late: false });
      noteHeld(session, held);
      const left = [...(state.journal.get(session)?.keys() ?? [])];
      return { quarantined, next: Math.min(Number.POSITIVE_INFINITY, ...left) };
    },
    async post({ session, records, held }) {
      state.fence(session);
      const posted = counted(state, recordsOf(records));
      const quarantined = settleHalving(state, posted, { session, late: false });
      noteHeld(session, held);
      return quarantined;
    },
    async postLate(session, records) {
      if (state.sessions.get(session)?.state === 'LIVE')
        throw new Refused('P0001', `session ${session} is live: its records are not late`);
      return counted(state, recordsOf(records)).reduce(
        (sum, record) => sum + settleHalving(state, [record], { session, late: true }),
        0,
      );
    },
  };
}

type Accounts = Pick<Statements, 'grantCredits' | 'account' | 'keySpend' | 'memberSpend'>;

function accountModel(state: ModelState): Accounts {
  const heldElsewhere = (session: number, target: string) =>
    [...state.leases.values()]
      .filter((lease) => lease.target === target && lease.session !== session)
      .reduce((sum, { held }) => sum + held, 0n);
  return {
    async grantCredits(account, { amount, key }) {
      const known = state.grants.get(`${account}:${key}`);
      if (known) return { ...known, fresh: false };
      const tx = ++state.lastTx;
      const part = { tx, kind: 'GRANT', completion: null } as const;
      const { seq } = addEntry(state, account, { ...part, amount });
      addEntry(state, 'platform:grants', { ...part, amount: -amount });
      const made = { entry: `${account}:${seq}`, amount };
      state.grants.set(`${account}:${key}`, made);
      return { ...made, fresh: true };
    },
    async account(session, id) {
      const row = state.accounts.get(id);
      return row ? { balance: row.balance, held: heldElsewhere(session, id) } : null;
    },
    async keySpend(session, { apiKeyId, allowance, number, since }) {
      const row = number === null ? undefined : state.allowances.get(allowance);
      const key = { subject: 'API_KEY', subjectId: apiKeyId, number } as const;
      const spent = row?.spent ?? chargedBeforeLimit(state, key, since.getTime());
      return { spent, held: heldElsewhere(session, allowance) };
    },
    async memberSpend(membershipId, since) {
      return [...state.rollup.values()]
        .filter((row) => row.membershipId === membershipId && row.hourMs >= since.getTime())
        .reduce((sum, { charged }) => sum + charged, 0n);
    },
  };
}
