import { type Clock, Fault, type Log, type Money, sleep } from '#kernel';
import type { Credits } from './credits.ts';
import { type Forecast, forecast } from './forecast.ts';
import { accountId } from './lease.ts';
import {
  type Adjustment,
  adjustOnce,
  type Refund,
  type Refunded,
  refundCompletion,
} from './movements.ts';
import {
  exportCsv,
  exportLinks,
  readStatement,
  type Statement,
  type StatementPeriod,
} from './statement.ts';
import type { LedgerDatabase } from './statements.ts';
import { checkUsageQuestion, readUsage, type UsageAnswer, type UsageSlice } from './usage.ts';
import type { UsageQuestion } from './usage-question.ts';

export interface BillingOptions {
  readonly storage: LedgerDatabase;
  readonly credits: Pick<Credits, 'flush'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Signs the links to exports; the same on every node. */
  readonly exportKey: Uint8Array;
  /** Tells every node that what it has free of this account is missed. */
  readonly recall: (account: string) => void;
  /** Tells whoever watches that the account has changed. */
  readonly changed: (organizationId: string) => void;
}

/** What is asked of the ledger, and what moves in it, beside the charges of completions. */
export interface Billing {
  /** As it stands when all that is acknowledged is posted. @throws InvalidInput */
  usage(question: UsageQuestion, slice: UsageSlice): Promise<UsageAnswer>;
  statement(period: StatementPeriod): Promise<Statement>;
  /** The last part of the address at which the period's entries can be read for ten minutes. */
  exportToken(period: StatementPeriod): string;
  /** The entries as CSV; null when the token is not ours or has expired. */
  exported(token: string): AsyncGenerator<string> | null;
  forecast(account: { organizationId: string; balance: Money }): Promise<Forecast>;
  /** @throws Fault CONFLICT when what is to be taken is not there, or is held. */
  adjust(adjustment: Adjustment): Promise<{ readonly entryId: string }>;
  /** @throws Fault NOT_FOUND, CONFLICT; InvalidInput */
  refund(refund: Refund): Promise<Refunded>;
}

/** What an administrator takes may have to come back from the nodes' leases first. */
const recallMs = 300;
const recalls = 10;

export function openBilling(options: BillingOptions): Billing {
  const { storage, credits, clock, recall, changed } = options;
  const links = exportLinks(options.exportKey);
  return {
    async usage(question, slice) {
      checkUsageQuestion(question);
      await credits.flush();
      return readUsage(storage, question, slice);
    },
    async statement(period) {
      await credits.flush();
      return readStatement(storage, period);
    },
    exportToken: (period) => links.make(period, clock.now()),
    exported(token) {
      const period = links.read(token, clock.now());
      return period && exportCsv(storage, period);
    },
    forecast: (account) => forecast(storage, account, clock.now()),
    async adjust(adjustment) {
      const { organizationId } = adjustment;
      await credits.flush();
      for (let tries = 0; tries < recalls; tries++) {
        const entryId = await adjustOnce(storage, adjustment);
        if (entryId) {
          changed(organizationId);
          return { entryId };
        }
        recall(accountId(organizationId));
        await sleep(clock, recallMs / recalls + tries * 20);
      }
      throw new Fault('CONFLICT', {
        public: 'The account has less than that, or running completions hold it. Take less.',
      });
    },
    async refund(refund) {
      await credits.flush();
      const refunded = await refundCompletion(storage, refund);
      changed(refunded.organizationId);
      return refunded;
    },
  };
}
