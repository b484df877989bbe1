/**
 * credits: prepaid money. It owns the ledger, the accounts, what keys and members may spend, and
 * what this node has set aside; it refuses to know what a completion is about: it is told its
 * charge.
 *
 * 1. Entries of a transaction sum to zero and never change; a balance is the sum of its account's
 *    entries.
 * 2. What is leased to nodes never exceeds the balance; what is held and charged never exceeds the
 *    lease.
 * 3. A completion is charged at most once, and never more than its hold.
 * 4. What was acknowledged is in a journal, in the ledger or in quarantine.
 * 5. Every movement is one statement in autocommit: a node that stops in the middle of one locks
 *    nothing.
 * 6. Totals come from the rows that were inserted, so whatever is posted twice moves money once.
 * 7. A session that has ended has had its journal posted before its leases were freed.
 * 8. Admitting with money that the node has leased, extending and ending a hold wait for no
 *    database.
 *
 * `ledger/` has the SQL statements and the audit, `leases/` what this node may spend and what it
 * holds, `session/` the node's life as the database sees it, `journal/` acknowledged charges on
 * their way into the ledger, `charge/` the price of a completion, `accounts/` and `usage/` what is
 * read, `billing/` movements by hand, statements and alerts, `payments/` purchases and top-ups.
 */

export type { Account } from './accounts/account.ts';
export { thresholdsOf } from './billing/alerts.ts';
export { type Billing, openBilling } from './billing/billing.ts';
export type { Refunded } from './billing/movements.ts';
export type { Statement, StatementLine } from './billing/statement.ts';
export { affordableTokens, type Bill, type BillInput, bill, worstCase } from './charge/charge.ts';
export { type ChargeOutcome, chargePolicy } from './charge/charge-policy.ts';
export {
  type Credits,
  type CreditsLoad,
  type CreditsOptions,
  openAccount,
  openCredits,
} from './credits.ts';
export { InsufficientCredits, type Shortage } from './leases/refusals.ts';
export { auditLedger } from './ledger/audit.ts';
export type { ClaimInput } from './ledger/claim-statements.ts';
export type { LedgerDatabase } from './ledger/ledger-database.ts';
export type { Payments } from './payments/payments.ts';
export type { OpenedPurchase } from './payments/purchases.ts';
export { stripePayments } from './payments/stripe.ts';
export { autoTopUpFields } from './payments/top-ups.ts';
export type { Heartbeat } from './session/peers.ts';
export { reconcile } from './session/reconcile.ts';
export type {
  AllowanceTarget,
  AttemptRecord,
  ChargeKind,
  ChargeLine,
  Hold,
  HoldRequest,
  SettlementRecord,
  TokenUsage,
  UnitPrices,
} from './terms.ts';
export { binder, type CompletionFilter, conditionsOf, idFloor } from './usage/completion-filter.ts';
export type { UsageAnswer, UsageBucket, UsageFigures } from './usage/usage.ts';
export type { UsageGroup, UsageOrder, UsageQuestion } from './usage/usage-question.ts';
export { longestRunMs } from './usage/usage-source.ts';
