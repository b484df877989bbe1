import { type Clock, Fault, formatMoney, type Log, type Money } from '#kernel';
import type { Storage } from '#storage';
import { type AccountFeed, openAccountFeed } from '../accounts/account-feed.ts';
import type { Credits } from '../credits.ts';
import type { GrantInput } from '../ledger/account-statements.ts';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';
import type { Payments } from '../payments/payments.ts';
import { openPurchases, type Purchases } from '../payments/purchases.ts';
import { readReceipt } from '../payments/receipt.ts';
import { type SignedLinks, signedLinks } from '../payments/signed-links.ts';
import { type AutoTopUpInput, topUpWhereDue, writeAutoTopUp } from '../payments/top-ups.ts';
import { keepCompletionMonths } from '../usage/completion-months.ts';
import {
  checkUsageQuestion,
  readUsage,
  type UsageAnswer,
  type UsageSlice,
  withWholeHour,
} from '../usage/usage.ts';
import type { UsageQuestion } from '../usage/usage-question.ts';
import { noteAlerts, writeAlertThresholds } from './alerts.ts';
import { type Forecast, forecast } from './forecast.ts';
import { tellMovement } from './movement-events.ts';
import {
  type Adjustment,
  adjustOnce,
  movedBy,
  type Reasoned,
  type Refund,
  type Refunded,
  refundCompletion,
} from './movements.ts';
import { collectWhatIsOwed } from './owed.ts';
import { recalling } from './recalling.ts';
import { recorded } from './recorded.ts';
import {
  exportCsv,
  exportParts,
  periodOf,
  readStatement,
  type Statement,
  type StatementPeriod,
} from './statement.ts';

export interface BillingOptions {
  readonly storage: LedgerDatabase & Pick<Storage, 'write'>;
  readonly credits: Pick<Credits, 'flush' | 'account' | 'grantCredits'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Signs links to exports and receipts; the same on every node. */
  readonly linkKey: Uint8Array;
  /** Tells every node that what it has free of this account is missed. */
  readonly recall: (account: string) => void;
  /** Null: this installation takes no payments. */
  readonly payments: Payments | null;
  /** Stands on receipts. */
  readonly seller: () => string;
  /** Origins that a payer may be sent back to; the first is this installation's own. */
  readonly returnOrigins: () => readonly string[];
  /** Tells whoever watches that the account has changed. */
  readonly changed: (organizationId: string) => void;
}

/** What is asked of the ledger, and what moves in it, beside the charges of completions. */
export interface Billing extends Purchases, AccountFeed {
  /** As it stands when all that is acknowledged is posted. @throws InvalidInput */
  usage(question: UsageQuestion, slice: UsageSlice): Promise<UsageAnswer>;
  statement(period: StatementPeriod): Promise<Statement>;
  /** The last part of the address at which the period's entries can be read for ten minutes. */
  exportToken(period: StatementPeriod): string;
  /** The entries as CSV; null when the token is not ours or has expired. */
  exported(token: string): AsyncGenerator<string> | null;
  forecast(account: { organizationId: string; balance: Money }): Promise<Forecast>;
  /** A gift. @throws Fault NOT_FOUND; CONFLICT for a key that moved something else. */
  grant(gift: Gift): Promise<{ readonly entryId: string }>;
  /** @throws Fault NOT_FOUND; CONFLICT when what is to be taken is not there, or is held. */
  adjust(adjustment: Adjustment): Promise<{ readonly entryId: string }>;
  /** @throws Fault NOT_FOUND, CONFLICT; InvalidInput */
  refund(refund: Refund): Promise<Refunded>;
  /** The last part of the address at which a receipt can be read for ten minutes. */
  receiptToken(purchaseId: string): string;
  /** The receipt as a page; null when the token is not ours or has expired. */
  receipt(token: string): Promise<string | null>;
  /** @throws Fault CONFLICT without payments */
  setAutoTopUp(actor: string, input: AutoTopUpInput): Promise<void>;
  setAlertThresholds(actor: string, input: AlertThresholds): Promise<void>;
  close(): void;
}

/** The balances of which people are told. */
export interface AlertThresholds {
  readonly organizationId: string;
  readonly thresholds: readonly Money[];
}

/** Credits that are given. */
export type Gift = GrantInput & { readonly organizationId: string };

/** What the audit log calls the entries that are made by hand. */
const actions = {
  GRANT: 'credits.granted',
  ADJUSTMENT: 'credits.adjusted',
  REFUND: 'credits.refunded',
} as const;

const topsNothingUp = () =>
  new Fault('CONFLICT', {
    public: 'This installation takes no payments, so that nothing can be topped up.',
  });

/** How often balances and limits are looked at for what is owed, alerts and top-ups. */
const lookEveryMs = 5_000;

export function openBilling(options: BillingOptions): Billing {
  const { storage, clock } = options;
  const links = signedLinks(options.linkKey);
  // Each on its own: a payment provider that does not answer keeps nobody from being told.
  const looking = [notices, topUpWhereDue].map((look) =>
    clock.every(lookEveryMs, oneLookAtATime(options, look)),
  );
  const months = keepCompletionMonths(options);
  return {
    ...reading(options, links),
    ...moving(options),
    ...openPurchases(options),
    ...openAccountFeed({ ...options, read: (id) => options.credits.account(id) }),
    receiptToken: (purchaseId) => links.make(['receipt', purchaseId], clock.now()),
    async receipt(token) {
      const [what, purchaseId = ''] = links.read(token, clock.now()) ?? [];
      return what === 'receipt' ? readReceipt(storage, purchaseId, options.seller()) : null;
    },
    async setAutoTopUp(actor, input) {
      if (!options.payments && input.amount !== null) throw topsNothingUp();
      const { organizationId, ...figures } = input;
      const [action, details] = ['credits.autoTopUpSet', inText(figures)];
      const setting = { organizationId, actor, action, details };
      await recorded(options, setting, (db) => writeAutoTopUp(db, input));
      options.changed(input.organizationId);
    },
    async setAlertThresholds(actor, { organizationId, thresholds }) {
      const details = { thresholds: thresholds.map(formatMoney) };
      const setting = { organizationId, actor, action: 'credits.alertThresholdsSet', details };
      await recorded(options, setting, (db) =>
        writeAlertThresholds(db, organizationId, thresholds),
      );
      options.changed(organizationId);
    },
    close() {
      for (const look of looking) look.cancel();
      months.close();
    },
  };
}

/** Amounts as they stand in the audit: decimals of US dollars, as texts. */
const inText = (figures: Readonly<Record<string, Money | null>>) =>
  Object.fromEntries(
    Object.entries(figures).map(([name, sum]) => [name, sum === null ? null : formatMoney(sum)]),
  );

/** Collects what is owed and notes alerts. */
async function notices(options: BillingOptions): Promise<void> {
  await collectWhatIsOwed(options);
  for (const organizationId of await noteAlerts(options.storage)) options.changed(organizationId);
}

/** What fails is logged and looked at again. */
function oneLookAtATime(
  options: BillingOptions,
  look: (options: BillingOptions) => Promise<void>,
): () => void {
  const { log } = options;
  let busy = false;
  return () => {
    if (busy) return;
    busy = true;
    look(options)
      .catch((error) => log.warn('balances could not be looked at', { error }))
      .finally(() => {
        busy = false;
      });
  };
}

function reading(
  { storage, credits, clock }: BillingOptions,
  links: SignedLinks,
): Pick<Billing, 'usage' | 'statement' | 'exportToken' | 'exported' | 'forecast'> {
  return {
    async usage(question, slice) {
      checkUsageQuestion(question, clock.now());
      await credits.flush();
      return readUsage(storage, withWholeHour(question, clock.now()), slice);
    },
    async statement(period) {
      await credits.flush();
      return readStatement(storage, period);
    },
    exportToken: (period) => links.make(exportParts(period), clock.now()),
    exported(token) {
      const period = periodOf(links.read(token, clock.now()));
      return period && exportCsv(storage, period);
    },
    forecast: (account) => forecast(storage, account, clock.now()),
  };
}

/** What is moved by hand is in the audit log before it is answered. */
function moving(options: BillingOptions): Pick<Billing, 'grant' | 'adjust' | 'refund'> {
  const { storage, credits, changed } = options;
  const tell = async (kind: keyof typeof actions, moved: Refunded, { actor, reason }: Reasoned) => {
    const { organizationId, entryId: subject } = moved;
    const amount = formatMoney(await movedBy(storage, subject, { kind, reason }));
    const [action, details] = [actions[kind], { reason, amount }];
    await tellMovement(options, { organizationId, actor, action, subject, details });
  };
  return {
    async grant(gift) {
      await credits.account(gift.organizationId); // NOT_FOUND where there is none
      const granted = await credits.grantCredits(gift);
      await tell('GRANT', { ...gift, ...granted }, gift);
      return granted;
    },
    async adjust(adjustment) {
      const { organizationId } = adjustment;
      await credits.account(organizationId); // posted; NOT_FOUND where there is none
      const once = () => adjustOnce(storage, adjustment);
      const entryId = await recalling(options, organizationId, once);
      if (!entryId) {
        throw new Fault('CONFLICT', {
          public: 'The account has less than that, or running completions hold it. Take less.',
        });
      }
      await tell('ADJUSTMENT', { organizationId, entryId }, adjustment);
      changed(organizationId);
      return { entryId };
    },
    async refund(refund) {
      await credits.flush();
      const refunded = await refundCompletion(storage, refund);
      await tell('REFUND', refunded, refund);
      changed(refunded.organizationId);
      return refunded;
    },
  };
}
