import {
  amountOf,
  type Clock,
  InvalidInput,
  type Log,
  type Money,
  moneyOrNull,
  newId,
  positive,
} from '#kernel';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';
import { buyable } from './buyable.ts';
import type { Payments } from './payments.ts';

export interface TopUpsOptions {
  readonly storage: Pick<LedgerDatabase, 'query'>;
  readonly payments: Payments | null;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: (organizationId: string) => void;
}

/** In the names of the contract's SetAutoTopUpInput; US dollars, exact decimals. */
export interface AutoTopUpWish {
  /** Both it and `amount`, or neither: neither turns it off. */
  readonly threshold?: string | null | undefined;
  readonly amount?: string | null | undefined;
  readonly monthlyMaximum?: string | null | undefined;
}

/** The same, read by `autoTopUpFields`. */
export interface AutoTopUpInput {
  readonly organizationId: string;
  readonly threshold: Money | null;
  readonly amount: Money | null;
  readonly monthlyMaximum: Money | null;
}

/** Reads each field for `together`. */
export function autoTopUpFields(wish: AutoTopUpWish) {
  const [threshold, amount, most] = [wish.threshold, wish.amount, wish.monthlyMaximum];
  return {
    threshold: () => {
      if (threshold == null) return amount == null ? null : halfOf('input.threshold');
      const below = amountOf(threshold, 'input.threshold');
      if (below >= 0n) return below;
      throw InvalidInput.at('input.threshold', 'It is below 0.', '0 or more US dollars');
    },
    amount: () => {
      if (amount == null) return threshold == null ? null : halfOf('input.amount');
      return buyable(amount, 'input.amount');
    },
    monthlyMaximum: () => {
      if (most == null) return null;
      const path = 'input.monthlyMaximum';
      const maximum = positive(most, path);
      if (amount == null && threshold == null) {
        const accepted = '`threshold` and `amount` beside it';
        throw InvalidInput.at(path, 'There is no top-up that it limits.', accepted);
      }
      // What is no amount is told at its own field.
      if ((moneyOrNull(amount ?? '') ?? 0n) <= maximum) return maximum;
      throw InvalidInput.at(path, 'It is less than one top-up.', 'at least `amount`');
    },
  };
}

function halfOf(path: string): never {
  throw InvalidInput.at(path, 'It is missing.', 'both of threshold and amount, or neither');
}

/** Writes how an organization is topped up. New settings begin without old refusals. */
export async function writeAutoTopUp(
  storage: Pick<LedgerDatabase, 'query'>,
  input: AutoTopUpInput,
): Promise<void> {
  const { organizationId, threshold, amount, monthlyMaximum } = input;
  const figures = [threshold, amount, monthlyMaximum].map((figure) => figure?.toString() ?? null);
  await storage.query(
    `INSERT INTO billing (organization_id, top_up_threshold, top_up_amount, top_up_monthly_maximum)
      VALUES ($1, $2::bigint, $3::bigint, $4::bigint)
      ON CONFLICT (organization_id) DO UPDATE SET top_up_threshold = $2::bigint,
        top_up_amount = $3::bigint, top_up_monthly_maximum = $4::bigint,
        top_up_disabled_reason = NULL, top_up_declines = 0, top_up_not_before = NULL`,
    [organizationId, ...figures],
  );
}

interface Candidate {
  readonly organization_id: string;
  readonly held: bigint;
}

interface Attempt {
  readonly id: string;
  readonly organization_id: string;
  readonly amount: bigint;
  readonly customer: string;
  readonly payment_method: string;
  readonly created_at: Date;
  readonly looked_for: boolean;
}

/** While anything is owed, the debt would take each payment. */
const nothingOwed = (organization: string) =>
  `NOT EXISTS (SELECT FROM credit_account r
    WHERE r.id = receivable_of(${organization}) AND r.balance < 0)`;

/** Whether an attempt may still be made: its organization may have changed its mind. */
const wanted = `${nothingOwed('purchase.organization_id')} AND EXISTS (SELECT FROM billing b
  WHERE b.organization_id = purchase.organization_id AND b.top_up_amount IS NOT NULL)`;

/**
 * One whose outcome is not known is asked for again each minute, under its own key, as long as it
 * is wanted: what never reached the payment provider would be charged by that. The payment provider
 * may have kept its failure under that key, so after five minutes nothing more is asked, and from
 * ten on its list tells: what is not in it by then was never made. One that it has taken is looked
 * for once an hour, in case its event got lost.
 */
const due = `automatic AND status = 'OPEN' AND CASE
  WHEN payment_intent IS NOT NULL THEN asked_at < clock_timestamp() - interval '1 h'
  WHEN asked_at >= clock_timestamp() - interval '60 s' THEN false
  WHEN created_at > clock_timestamp() - interval '5 min' THEN ${wanted}
  ELSE created_at < clock_timestamp() - interval '10 min' END`;

/**
 * For so long an attempt is looked for at a payment provider that does not answer. One that was
 * paid all the same is credited when its event comes.
 */
const lookedForHours = 23;

/**
 * Opens and makes the attempts that are due; on every node, since a row decides who does. None is
 * opened while anything is owed: the debt would take each payment, the balance would stay below the
 * threshold, and the card, perhaps of the payer who disputes it, would be charged again and again.
 */
export async function topUpWhereDue(options: TopUpsOptions): Promise<void> {
  const { storage, clock, payments } = options;
  if (!payments) return;
  const candidates = await storage.query<Candidate>(
    `SELECT b.organization_id, (SELECT coalesce(sum(l.held), 0) FROM lease l
        WHERE l.kind = 'ACCOUNT' AND l.target = a.id) AS held
      FROM billing b JOIN credit_account a ON a.organization_id = b.organization_id
      WHERE b.top_up_amount IS NOT NULL AND b.payment_method IS NOT NULL
        AND b.top_up_disabled_reason IS NULL AND a.balance - a.leased < b.top_up_threshold
        AND ${nothingOwed('b.organization_id')}`,
  );
  for (const { organization_id, held } of candidates) {
    const values = [organization_id, newId('purchase', clock), held.toString()];
    await storage.query('SELECT top_up_open($1, $2, $3::numeric)', values);
  }
  await storage.query(
    `SELECT top_up_decline(id, $1) FROM purchase
      WHERE automatic AND status = 'OPEN' AND payment_intent IS NULL
        AND created_at < clock_timestamp() - interval '${lookedForHours} h'`,
    ['The payment provider did not say whether it was paid.'],
  );
  // Whoever writes the time makes the attempt.
  const attempts = await storage.query<Attempt>(
    `UPDATE purchase SET asked_at = clock_timestamp() WHERE ${due}
      RETURNING id, organization_id, amount, customer, payment_method, created_at,
        payment_intent IS NOT NULL OR created_at < clock_timestamp() - interval '5 min' AS looked_for`,
  );
  await Promise.all(attempts.map((attempt) => make(options, attempt, payments)));
}

async function make(
  { storage, log, changed }: TopUpsOptions,
  attempt: Attempt,
  payments: Payments,
): Promise<void> {
  const { id, customer, payment_method: paymentMethod, organization_id } = attempt;
  const asked = { id, amount: BigInt(attempt.amount), customer, paymentMethod };
  const outcome = attempt.looked_for
    ? await payments.look({ ...asked, since: attempt.created_at })
    : await payments.charge(asked);
  if (outcome.kind === 'UNKNOWN') return;
  if (outcome.kind === 'DECLINED') {
    await storage.query('SELECT top_up_decline($1, $2)', [id, outcome.reason]);
    log.warn('a top-up was declined', { organization: organization_id, reason: outcome.reason });
  } else if (outcome.kind === 'NONE') {
    // No refusal of the payer's: the next attempt may follow at once, and counts for itself.
    await storage.query(
      `UPDATE purchase SET status = 'FAILED', failure = $2
        WHERE id = $1 AND status = 'OPEN' AND payment_intent IS NULL`,
      [id, 'The payment provider made no payment of it.'],
    );
    log.warn('a top-up was not made by the payment provider', { organization: organization_id });
  } else if (outcome.kind === 'PENDING') {
    const sql = 'UPDATE purchase SET payment_intent = $2 WHERE id = $1';
    await storage.query(sql, [id, outcome.intent]);
  } else {
    const payment = JSON.stringify({ intent: outcome.intent });
    await storage.query('SELECT purchase_pay($1, $2::jsonb)', [id, payment]);
  }
  changed(organization_id);
}
