import type { AllowanceRow, CompletionRow, EntryRow, PostedRecord } from './ledger-rows.ts';
import { greatest, least, type ModelState, Refused } from './model-state.ts';

/** Whose session's leases pay, and whether that session has ended. */
export interface Payer {
  readonly session: number;
  readonly late: boolean;
}

/** As `ledger_settle_halving`: answers how many were set aside. */
export function settleHalving(
  state: ModelState,
  records: readonly PostedRecord[],
  payer: Payer,
): number {
  const [first] = records;
  if (!first) return 0;
  const unpaid =
    payer.late && !fits(state, first) ? new Set([first.completion]) : new Set<string>();
  const posted = plan(state, records, { ...payer, unpaid });
  if (!refusalOf(state, posted, payer)) {
    settle(state, posted, payer);
    return 0;
  }
  if (records.length > 1) {
    const half = Math.floor(records.length / 2);
    return (
      settleHalving(state, records.slice(0, half), payer) +
      settleHalving(state, records.slice(half), payer)
    );
  }
  state.quarantine.push(first);
  if (!payer.late) release(state, first, payer.session);
  return 1;
}

/** As `records_counted`. */
export function counted(state: ModelState, records: readonly PostedRecord[]): PostedRecord[] {
  return records.map((record) => {
    const begun = [record.apiKeyId, record.membershipId].flatMap((subject) => {
      const newest = newestOf(state, subject);
      const own = record.allowances.map(({ id }) => state.allowances.get(id));
      const isOwn = own.some((row) => row?.subjectId === subject && row?.number === newest?.number);
      return newest && !isOwn ? [{ id: newest.id, reserved: false } as const] : [];
    });
    return { ...record, allowances: [...record.allowances, ...begun] };
  });
}

function newestOf(state: ModelState, subject: string | null): AllowanceRow | undefined {
  return [...state.allowances.values()]
    .filter(({ subjectId }) => subjectId !== null && subjectId === subject)
    .sort((a, b) => b.number - a.number || b.startMs - a.startMs)[0];
}

/** What its admission reserved in. */
const reservedIn = ({ allowances }: PostedRecord) =>
  allowances.filter(({ reserved }) => reserved === undefined);

/** As `ledger_unpaid`: an account that is not there refuses nothing here. */
function fits(state: ModelState, record: PostedRecord): boolean {
  const account = state.accounts.get(record.account);
  return !account || account.balance - account.leased >= BigInt(record.charged);
}

/** What one record comes to: nothing when it is there already. */
interface Posted extends CompletionRow {
  readonly payer: string;
  readonly kind: EntryRow['kind'];
  readonly amount: bigint;
  readonly reserved: bigint;
  readonly denied: boolean;
}

function plan(
  state: ModelState,
  records: readonly PostedRecord[],
  { session, late, unpaid: unpaidOnes }: Payer & { unpaid: ReadonlySet<string> },
): Posted[] {
  const seen = new Set<string>();
  const posted: Posted[] = [];
  for (const record of records) {
    const known = seen.has(record.completion) || state.completions.has(record.completion);
    if (known && !countsAgain(state)) continue;
    seen.add(record.completion);
    const denied = isDenied(state, record);
    const full = BigInt(record.charged);
    const unpaid = unpaidOnes.has(record.completion) && full > 0n;
    const charged = denied || unpaid ? 0n : full;
    posted.push({
      ...{ record, session, denied, charged, unpaid: unpaid && !denied },
      waived: BigInt(record.waived) + full - charged,
      payer: unpaid ? 'platform:late-loss' : record.account,
      kind: unpaid ? 'ADJUSTMENT' : record.ownProviderKey ? 'FEE' : 'USAGE',
      amount: denied ? 0n : full,
      reserved: late ? 0n : full,
    });
  }
  return posted;
}

const countsAgain = ({ sabotage }: ModelState) =>
  sabotage === 'totals from the input' || sabotage === 'no unique completion';

/** As `claim_settle`: true for a completion that does not own its key. */
function isDenied(state: ModelState, { claim, completion }: PostedRecord): boolean {
  if (!claim || state.sabotage === 'no claim check') return false;
  const row = state.claims.get(`${claim.principal}|${claim.key}`);
  return row?.gen !== claim.gen || row.completion !== completion;
}

/** The constraint that this posting would break, if any: then nothing of it happens. */
function refusalOf(
  state: ModelState,
  posted: readonly Posted[],
  { session }: Payer,
): string | null {
  for (const { record, amount, charged } of posted) {
    if (!state.accounts.has(record.account)) return 'no such organization';
    if (amount > BigInt(record.fee) && record.providerId === null) return 'no provider';
    if (record.promptTokens > 2 ** 31 - 1) return 'integer out of range';
    // Of what is waived whole nothing is kept that could not add up.
    const pays = charged === BigInt(record.charged);
    if (pays && charged !== BigInt(record.cost) + BigInt(record.fee)) return 'no sum';
  }
  for (const [id, { balance, leased }] of changesOf(posted)) {
    const account = state.accounts.get(id);
    if (account?.kind !== 'ORGANIZATION') continue;
    const after = { balance: account.balance + balance, leased: account.leased - leased };
    if (after.balance < 0n || after.leased < 0n || after.leased > after.balance) return 'overdrawn';
  }
  for (const [key, reserved] of reservedOf(posted)) {
    const [kind = '', target = ''] = key.split(' ');
    const lease = state.lease(session, { kind: kind as 'ACCOUNT', target });
    if ((lease?.amount ?? 0n) < reserved) return 'what is not leased';
    const allowance = kind === 'ALLOWANCE' ? state.allowances.get(target) : undefined;
    if (allowance && allowance.leased < reserved) return 'an allowance below nothing';
  }
  return null;
}

/** Of each account that is paid from or reserved in. */
function changesOf(posted: readonly Posted[]) {
  const changes = new Map<string, { balance: bigint; leased: bigint }>();
  const changeOf = (id: string) => {
    const known = changes.get(id) ?? { balance: 0n, leased: 0n };
    changes.set(id, known);
    return known;
  };
  for (const { record, payer, amount, reserved } of posted) {
    changeOf(payer).balance -= amount;
    changeOf(record.account).leased += reserved;
  }
  return changes;
}

/** What was reserved of each lease, by kind and target. */
function reservedOf(posted: readonly Posted[]): Map<string, bigint> {
  const sums = new Map<string, bigint>();
  for (const { record, reserved } of posted) {
    if (reserved === 0n) continue;
    const names = [
      `ACCOUNT ${record.account}`,
      ...reservedIn(record).map(({ id }) => `ALLOWANCE ${id}`),
    ];
    for (const name of names) sums.set(name, (sums.get(name) ?? 0n) + reserved);
  }
  return sums;
}

function settle(state: ModelState, posted: readonly Posted[], { session }: Payer): void {
  if (posted.length === 0) return;
  for (const one of posted) {
    noteClaim(state, one);
    if (state.completions.has(one.record.completion) && isSum(state)) continue;
    state.completions.set(one.record.completion, one);
    addToRollup(state, one);
  }
  enter(state, posted);
  for (const [id, { leased }] of changesOf(posted)) {
    const account = state.accounts.get(id);
    if (account) account.leased -= leased;
  }
  for (const { record, charged, reserved } of posted) {
    for (const { id, reserved: own = true } of record.allowances) {
      const allowance = state.allowances.get(id);
      if (!allowance) continue;
      allowance.spent += charged;
      if (own) allowance.leased -= reserved;
    }
  }
  recallBegun(state, posted);
  shrinkLeases(state, reservedOf(posted), session);
}

/** What is leased of a limit that counts what it did not admit is to be granted anew. */
function recallBegun(state: ModelState, posted: readonly Posted[]): void {
  for (const { record, charged } of posted) {
    if (charged === 0n) continue;
    for (const { id, reserved } of record.allowances) {
      const row = reserved === false && state.allowances.get(id);
      if (row && row.leased > 0n) row.recallTick = state.tick;
    }
  }
}

const isSum = ({ sabotage }: ModelState) => sabotage === 'totals from the input';

function shrinkLeases(
  state: ModelState,
  reserved: ReadonlyMap<string, bigint>,
  session: number,
): void {
  for (const [key, sum] of reserved) {
    const [kind = '', target = ''] = key.split(' ');
    const lease = state.lease(session, { kind: kind as 'ACCOUNT', target });
    if (!lease) continue;
    lease.amount -= sum;
    lease.held = greatest(0n, lease.held - sum);
  }
}

function noteClaim(state: ModelState, { record, denied }: Posted): void {
  const row = record.claim && state.claims.get(`${record.claim.principal}|${record.claim.key}`);
  if (!row || denied) return;
  const charged = BigInt(record.charged) > 0n || record.status === 'SUCCEEDED';
  row.outcome = charged ? 'CHARGED' : 'UNCHARGED';
}

function addToRollup(state: ModelState, { record, charged }: Posted): void {
  const hourMs = Math.floor(Date.parse(record.finishedAt) / 3_600_000) * 3_600_000;
  const { organizationId, apiKeyId, membershipId } = record;
  const key = `${organizationId}|${hourMs}|${apiKeyId}|${membershipId}`;
  const row = state.rollup.get(key);
  if (row) row.charged += charged;
  else {
    const names = { apiKeyId: apiKeyId ?? '', membershipId: membershipId ?? '' };
    state.rollup.set(key, { organizationId, ...names, hourMs, charged });
  }
}

/** As `ledger_enter`: an entry each for who pays, one total for each provider and for the fees. */
function enter(state: ModelState, posted: readonly Posted[]): void {
  const paying = posted.filter(({ amount }) => amount > 0n);
  if (paying.length === 0) return;
  const tx = ++state.lastTx;
  const totals = new Map<string, bigint>();
  const add = (id: string, amount: bigint) => totals.set(id, (totals.get(id) ?? 0n) + amount);
  for (const { record, payer, kind, amount } of inOrder(paying)) {
    addEntry(state, payer, { tx, kind, amount: -amount, completion: record.completion });
    add(`provider:${record.providerId}`, amount - BigInt(record.fee));
    add('platform:fees', BigInt(record.fee));
  }
  for (const [id, amount] of totals) {
    const kind = id === 'platform:fees' ? 'FEE' : 'USAGE';
    if (amount > 0n) addEntry(state, id, { tx, kind, amount, completion: null });
  }
}

const inOrder = (posted: readonly Posted[]) =>
  [...posted].sort((a, b) => {
    const [x, y] = [a.record.finishedAt, b.record.finishedAt];
    if (x !== y) return x < y ? -1 : 1;
    return a.record.completion < b.record.completion ? -1 : 1;
  });

export function addEntry(
  state: ModelState,
  account: string,
  entry: Omit<EntryRow, 'seq' | 'balanceAfter'>,
): EntryRow {
  const row = state.accounts.get(account) ?? state.open(account, 'PROVIDER');
  row.balance += entry.amount;
  const full = { ...entry, seq: row.entries.length + 1, balanceAfter: row.balance };
  row.entries.push(full);
  return full;
}

/** As `lease_release`: a record that cannot be posted keeps no money that its session leased. */
function release(state: ModelState, record: PostedRecord, session: number): void {
  const allowances = reservedIn(record).map(
    ({ id }) => ({ kind: 'ALLOWANCE', target: id }) as const,
  );
  for (const target of [{ kind: 'ACCOUNT', target: record.account } as const, ...allowances]) {
    const lease = state.lease(session, target);
    const owner = state.owner(target);
    if (!lease || !owner) continue;
    const amount = least(lease.amount, greatest(0n, BigInt(record.charged)));
    owner.leased -= amount;
    lease.amount -= amount;
    lease.held = greatest(0n, lease.held - amount);
  }
}

/** The record of every completion of a session's journal, oldest first; they leave the journal. */
export function takeJournal(
  state: ModelState,
  session: number,
  rows = Number.POSITIVE_INFINITY,
): PostedRecord[] {
  const journal = state.journal.get(session);
  const oldest = [...(journal?.keys() ?? [])].sort((a, b) => a - b).slice(0, rows);
  return oldest.flatMap((n) => {
    const records = journal?.get(n) ?? [];
    journal?.delete(n);
    return [...records];
  });
}

/** @throws Refused as PostgreSQL does for what is no list of records */
export function recordsOf(json: string): PostedRecord[] {
  const records: unknown = JSON.parse(json);
  if (!Array.isArray(records)) throw new Refused('22023', 'records are a list');
  return records.map((record) => ({ ...blank, ...record }));
}

/** What need not stand in a record. */
const blank = {
  apiKeyId: null,
  membershipId: null,
  providerId: null,
  waived: '0',
  promptTokens: 0,
  ownProviderKey: false,
  claim: null,
};
