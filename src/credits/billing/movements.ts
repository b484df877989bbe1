import { Fault, formatMoney, InvalidInput, type Money } from '#kernel';
import { accountId } from '../leases/lease.ts';
import { keyUsedOtherwise } from '../leases/refusals.ts';
import { type LedgerDatabase, oneRow } from '../ledger/ledger-database.ts';

/** Why and by whom money is moved by hand; the same key of one organization moves it once. */
export interface Reasoned {
  readonly reason: string;
  readonly key: string;
  readonly actor: string | null;
}

export interface Adjustment extends Reasoned {
  readonly organizationId: string;
  /** Negative takes. */
  readonly amount: Money;
}

export interface Refund extends Reasoned {
  readonly completionId: string;
  /** Null: all that is left of the charge. */
  readonly amount: Money | null;
}

export interface Refunded {
  readonly entryId: string;
  readonly organizationId: string;
}

interface MovedRow {
  readonly entry: string | null;
  readonly kind: string | null;
  readonly amount: bigint;
  readonly available: bigint;
}

type Database = Pick<LedgerDatabase, 'query'>;

/**
 * Enters an adjustment when what it takes is not leased. Null when it is: what is free in leases is
 * to be recalled first.
 *
 * @throws Fault CONFLICT for a key that entered something else.
 */
export async function adjustOnce(db: Database, adjustment: Adjustment): Promise<string | null> {
  const { organizationId, amount, key, reason, actor } = adjustment;
  const [row] = await db.query<MovedRow>(
    'SELECT * FROM credits_adjust($1, $2::bigint, $3, $4, $5)',
    [accountId(organizationId), amount.toString(), key, reason, actor],
  );
  if (!row?.entry) return null;
  if (row.kind !== 'ADJUSTMENT' || BigInt(row.amount) !== amount) throw keyUsedOtherwise();
  return row.entry;
}

interface RefundRow {
  readonly entry: string | null;
  readonly completion: string | null;
  readonly amount: bigint;
  readonly remaining: bigint;
  readonly organization: string;
}

/**
 * @throws Fault NOT_FOUND without such a completion; InvalidInput when more is asked for than is
 * left of its charge; CONFLICT for a key that entered something else. One that gave back a part is
 * no repeat of giving back all that is left: of that, nothing is left.
 */
export async function refundCompletion(db: Database, refund: Refund): Promise<Refunded> {
  const { completionId, amount, key, reason, actor } = refund;
  const sql = 'SELECT * FROM completion_refund($1, $2::bigint, $3, $4, $5)';
  const values = [completionId, amount?.toString() ?? null, key, reason, actor];
  const [row] = await db.query<RefundRow>(sql, values);
  if (!row) {
    throw new Fault('NOT_FOUND', {
      public: 'No such completion has ended, or its details are no longer kept.',
    });
  }
  if (!row.entry) throw tooMuch(BigInt(row.remaining));
  const same = amount === null ? BigInt(row.remaining) === 0n : BigInt(row.amount) === amount;
  if (row.completion !== completionId || !same) throw keyUsedOtherwise();
  return { entryId: row.entry, organizationId: row.organization };
}

function tooMuch(left: Money): Fault {
  if (left > 0n) {
    const accepted = `more than 0, at most ${formatMoney(left)}`;
    return InvalidInput.at(
      'input.amount',
      'It is not within what is left of the charge.',
      accepted,
    );
  }
  return new Fault('CONFLICT', {
    public: 'There is nothing left to give back of what this completion was charged.',
  });
}

interface EnteredRow {
  readonly kind: string;
  readonly amount: bigint;
  readonly description: string;
}

/**
 * What an entry has moved. @throws Fault CONFLICT when it is one of another kind or for another
 * reason: its key was used before.
 */
export async function movedBy(
  db: Database,
  entryId: string,
  { kind, reason }: { readonly kind: string; readonly reason: string },
): Promise<Money> {
  const sql = `SELECT e.kind, e.amount, t.description
    FROM entry e JOIN ledger_tx t ON t.id = e.tx_id WHERE e.id = $1`;
  const row = await oneRow<EnteredRow>(db, sql, [entryId]);
  if (row.kind !== kind || row.description !== reason) throw keyUsedOtherwise();
  return BigInt(row.amount);
}
