import {
  type AllowanceTarget,
  auditLedger,
  bill,
  type Credits,
  type CreditsOptions,
  openAccount,
  openCredits,
  type SettlementRecord,
  type UnitPrices,
} from '#credits';
import { type Clock, completionId, formatMoney, parseMoney, silentLog, systemClock } from '#kernel';
import type { Storage } from '#storage';

/** One dollar a token, whatever the token: amounts of a test can be done in one's head. */
export const dollarPrices: UnitPrices = {
  prompt: 10n ** 18n,
  completion: 10n ** 18n,
  cacheRead: null,
  cacheWrite: null,
  cacheWriteHour: null,
  reasoning: null,
  image: null,
  request: null,
};

export const dollars = (text: string | number): bigint => parseMoney(String(text));

/** A node of the credits room. Alone, with nobody to tell, unless told otherwise. */
export function openNode(storage: Storage, given: Partial<CreditsOptions> = {}): Promise<Credits> {
  return openCredits({
    storage,
    clock: systemClock,
    log: silentLog,
    dataDir: null,
    shared: true,
    recall: () => undefined,
    say: () => undefined,
    appliedChange: () => 0n,
    ...given,
  });
}

let made = 0;

/** An organization with an account that holds this many dollars. */
export async function organization(storage: Storage, credit: string | number): Promise<string> {
  const id = `org_${String(++made).padStart(26, '0')}`;
  await storage.write(async (tx) => {
    await tx.organization.create({ data: { id, slug: `acme-${made}`, name: 'Acme' } });
    await openAccount(tx, id);
  });
  if (dollars(credit) > 0n) await grant(storage, id, { amount: credit, key: 'opening' });
  return id;
}

export async function grant(
  storage: Storage,
  organizationId: string,
  { amount, key }: { amount: string | number; key: string },
): Promise<void> {
  await storage.query(
    `SELECT grant_credits(id, $2::bigint, $3, 'A gift', null)
      FROM credit_account WHERE organization_id = $1`,
    [organizationId, dollars(amount).toString(), key],
  );
}

export const credit = (id: string): AllowanceTarget => ({
  kind: 'ORGANIZATION',
  id,
  limit: null,
  period: 'NONE',
  number: 0,
});

let counter = 0;

export const newCompletion = (session: number, clock: Clock = systemClock): string =>
  completionId(clock.now(), session, ++counter);

interface Given extends Partial<SettlementRecord> {
  readonly hold?: bigint;
}

/** What a completion of so many one-dollar tokens, fee 0, leaves behind. */
export function recordOf(
  ...[completion, organizationId, tokens, given = {}]: [string, string, number, Given?]
): SettlementRecord {
  const { hold = dollars(1_000_000), ...patch } = given;
  const usage = { prompt: tokens, completion: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  return {
    completion,
    organizationId,
    apiKeyId: null,
    membershipId: null,
    userId: null,
    status: 'SUCCEEDED',
    finishReason: 'STOP',
    nativeFinishReason: 'stop',
    requestedModel: 'acme/echo',
    modelId: 'mdl_1',
    endpointId: 'end_1',
    providerId: 'prv_1',
    tokens: usage,
    estimated: false,
    ownProviderKey: false,
    ...bill({
      prices: dollarPrices,
      tokens: usage,
      outcome: 'SUCCEEDED',
      ownProviderKey: false,
      feeRate: 0n,
      endpointId: 'end_1',
      hold,
    }),
    attempts: [],
    error: null,
    droppedParameters: [],
    metadata: null,
    endUser: null,
    sessionId: null,
    app: null,
    streamed: true,
    createdAt: '2026-01-15T12:00:00.000Z',
    finishedAt: '2026-01-15T12:00:01.000Z',
    timeToFirstTokenMs: 12.5,
    latencyMs: 1_000,
    claim: null,
    ...patch,
  };
}

/** Runs a completion: sets `hold` dollars aside and spends `tokens` of them. */
export async function spend(
  credits: Credits,
  organizationId: string,
  charge: number | { tokens: number; hold: number },
): Promise<string> {
  const { tokens, hold: aside } =
    typeof charge === 'number' ? { tokens: charge, hold: charge } : charge;
  const completion = newCompletion(credits.session);
  const targets = [credit(organizationId)];
  const hold = await credits.admit({ completion, targets, amount: dollars(aside) });
  await hold.end(recordOf(completion, organizationId, tokens));
  return completion;
}

/** The invariants that do not hold, with what breaks them; empty when all do. */
export async function violations(storage: Storage): Promise<string[]> {
  const broken: string[] = [];
  for await (const { invariant, holds, violation } of auditLedger(storage)) {
    if (!holds) broken.push(`${invariant}: ${violation}`);
  }
  return broken;
}

/** The ledger of an organization as a person would write it down, oldest first. */
export async function ledgerOf(storage: Storage, organizationId: string): Promise<string> {
  const rows = await storage.query<{ kind: string; amount: bigint; balance_after: bigint }>(
    `SELECT e.kind, e.amount, e.balance_after
      FROM entry e JOIN credit_account a ON a.id = e.account_id
      WHERE a.organization_id = $1 ORDER BY e.seq`,
    [organizationId],
  );
  return rows
    .map((row) => `${row.kind} ${formatMoney(row.amount)} → ${formatMoney(row.balance_after)}`)
    .join('\n');
}

/** The balance of any account in dollars. */
export async function balanceOf(storage: Storage, account: string): Promise<string> {
  const sql = 'SELECT balance FROM credit_account WHERE id = $1';
  const [row] = await storage.query<{ balance: bigint }>(sql, [account]);
  return row ? formatMoney(row.balance) : 'none';
}
