/**
 * credits: prepaid money. It owns the ledger, the accounts, what keys and members may spend, and
 * what this node has set aside; it refuses to know what a completion is about: it is told what one
 * came to.
 *
 * 1. Entries of a transaction sum to zero and never change; a balance is the sum of its account's
 *    entries.
 * 2. What is leased to nodes never exceeds the balance; what is held and charged never exceeds the
 *    lease.
 * 3. A completion is charged at most once, and never more than its hold.
 * 4. What was acknowledged is in a journal, in the ledger or in quarantine: never nowhere.
 * 5. Every movement is one statement in autocommit: a node that stops in the middle of one locks
 *    nothing.
 * 6. Totals come from the rows that were inserted, so whatever is posted twice moves money once.
 * 7. A session that has ended has had its journal posted before its leases were freed.
 * 8. Admitting with money that the node has leased, extending and ending a hold wait for no
 *    database.
 */

export type { Account, KeyPeriod, KeySpend } from './account.ts';
export type { GrantInput } from './account-statements.ts';
export { thresholdsOf } from './alerts.ts';
export { auditLedger, type Finding } from './audit.ts';
export { type Billing, type BillingOptions, openBilling } from './billing.ts';
export {
  affordableTokens,
  type Bill,
  type BillInput,
  bill,
  type WorstCaseInput,
  worstCase,
} from './charge.ts';
export { type ChargeOutcome, type ChargeRule, chargePolicy } from './charge-policy.ts';
export type { ClaimAnswer, ClaimInput } from './claim-statements.ts';
export { binder, type CompletionFilter, conditionsOf } from './completion-filter.ts';
export {
  type Credits,
  type CreditsLoad,
  type CreditsOptions,
  openAccount,
  openCredits,
  type Renewed,
} from './credits.ts';
export type { LedgerDatabase } from './ledger-database.ts';
export type { Adjustment, Refund, Refunded } from './movements.ts';
export type { Payments } from './payments.ts';
export type { Heartbeat } from './peers.ts';
export type { OpenedPurchase, PurchaseInput } from './purchases.ts';
export { InsufficientCredits } from './refusals.ts';
export type { Statement, StatementLine, StatementPeriod } from './statement.ts';
export { stripePayments } from './stripe.ts';
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
export { type AutoTopUpInput, autoTopUpFields } from './top-ups.ts';
export type {
  UsageAnswer,
  UsageBucket,
  UsageFigures,
  UsageSlice,
} from './usage.ts';
export type { UsageGroup, UsageOrder, UsageQuestion } from './usage-question.ts';
