import { type Clock, Fault, formatMoney, type Log } from '#kernel';
import type { Storage } from '#storage';
import { type MovementEvent, tellMovement } from '../billing/movement-events.ts';
import { collectOwed } from '../billing/owed.ts';
import { accountId } from '../leases/lease.ts';
import { type LedgerDatabase, oneRow, toJson } from '../ledger/ledger-database.ts';
import { moneyOf, type PaidNews, type PaymentNews, type Payments } from './payments.ts';

export interface PaymentNewsOptions {
  readonly storage: Pick<LedgerDatabase, 'query'> & Pick<Storage, 'write'>;
  readonly payments: Pick<Payments, 'payment'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: (organizationId: string) => void;
  readonly recall: (account: string) => void;
}

type TakenBack = Extract<PaymentNews, { kind: 'RETURNED' | 'REFUND' | 'DISPUTED' }>;

/**
 * Enters what a payment provider tells. The same account of it may serve other products: what is
 * about none of the purchases here changes nothing.
 *
 * @throws Fault CONFLICT or UNAVAILABLE when it is to be told again later.
 */
export async function takeNews(options: PaymentNewsOptions, news: PaymentNews): Promise<void> {
  if (news.kind === 'PAID') await credit(options, news);
  else if ('reason' in news) await close(options, news);
  else await takeBack(options, news);
}

async function takeBack(options: PaymentNewsOptions, news: TakenBack): Promise<void> {
  const row = await creditedBy(options, news.intent);
  if (!row) return;
  await oneRow(options.storage, 'SELECT purchase_return($1, $2::jsonb)', [row.id, toldOf(news)]);
  const undecided = news.kind === 'DISPUTED' && !news.closed;
  if (undecided) options.recall(accountId(row.organization_id));
  else await collectOwed(options, row.organization_id);
  const event = whatHappened(news);
  if (event) await tell(options, row, event);
  options.changed(row.organization_id);
}

/**
 * The purchase that a payment has paid for; null when it is none here. News come in any order: a
 * payment that is not known as one is asked for, and credited first when it is.
 */
async function creditedBy(options: PaymentNewsOptions, intent: string): Promise<PaidRow | null> {
  const { storage, payments } = options;
  const known = async () => {
    const sql = `SELECT id, organization_id, amount, actor, entry_id IS NOT NULL AS credited
      FROM purchase WHERE payment_intent = $1`;
    const [row] = await storage.query<PaidRow & { readonly credited: boolean }>(sql, [intent]);
    return row ?? null;
  };
  const before = await known();
  if (before?.credited) return before;
  const payment = await payments.payment(intent);
  if (payment) await credit(options, payment);
  const row = await known();
  if (!row || row.credited) return row;
  throw new Fault('CONFLICT', {
    public: 'This payment has not been credited yet. Send the event again later.',
  });
}

/** In the words of `purchase_return`. */
function toldOf(news: TakenBack): string {
  const amount = moneyOf(news.cents).toString();
  if (news.kind === 'RETURNED') return toJson({ returned: amount });
  if (news.kind === 'REFUND') {
    return toJson({ refund: { id: news.refund, amount, failed: news.failed } });
  }
  return toJson({ dispute: { id: news.dispute, amount, closed: news.closed } });
}

type Happened = Pick<MovementEvent, 'action' | 'details'>;

/**
 * How the audit log says what the payment provider did with a payment that had been credited. What
 * goes back by a refund is told with the total.
 */
function whatHappened(news: TakenBack): Happened | null {
  const amount = formatMoney(moneyOf(news.cents));
  if (news.kind === 'RETURNED') return { action: 'credits.purchaseReturned', details: { amount } };
  if (news.kind === 'REFUND') {
    const { refund, failed } = news;
    return failed ? { action: 'credits.purchaseKept', details: { amount, refund } } : null;
  }
  const { dispute, closed } = news;
  return { action: 'credits.purchaseDisputed', details: { amount, dispute, closed } };
}

/** The audit log tells who had bought what is paid or taken back now. */
function tell(
  options: PaymentNewsOptions,
  { id: subject, organization_id: organizationId, actor }: PaidRow,
  what: Happened,
): Promise<void> {
  return tellMovement(options, { organizationId, actor, subject, ...what });
}

interface PaidRow {
  readonly id: string;
  readonly actor: string | null;
  readonly organization_id: string;
  readonly amount: bigint;
}

/** Credits the payment, once; remembers how the payer paid, for automatic top-ups. */
async function credit(options: PaymentNewsOptions, news: PaidNews): Promise<void> {
  const { storage, log, changed } = options;
  const sql = 'SELECT id, organization_id, amount, actor FROM purchase WHERE id = $1';
  const [row] = await storage.query<PaidRow>(sql, [news.purchase]);
  const { purchase } = news;
  if (!row) return log.warn('a payment names a purchase that is not here', { purchase });
  if (moneyOf(news.cents) < BigInt(row.amount)) {
    return log.error('a payment is less than its purchase', { purchase });
  }
  const { session, intent, payer: receipt } = news;
  const payment = JSON.stringify(receipt ? { session, intent, receipt } : { session, intent });
  await storage.query('SELECT purchase_pay($1, $2::jsonb)', [row.id, payment]);
  await rememberPayer(storage, news);
  const details = { amount: formatMoney(BigInt(row.amount)) };
  await tell(options, row, { action: 'credits.purchased', details });
  changed(row.organization_id);
}

/**
 * How the last purchase was paid. An event of an earlier one, late or told again, changes nothing;
 * a page does not know the payment method, and that of another payer is none of its payer's.
 */
async function rememberPayer(
  storage: PaymentNewsOptions['storage'],
  { purchase, customer, paymentMethod }: PaidNews,
): Promise<void> {
  await storage.query(
    `INSERT INTO billing AS b (organization_id, customer, payment_method)
      SELECT p.organization_id, $2, $3 FROM purchase p WHERE p.id = $1 AND NOT EXISTS (
        SELECT FROM purchase later
          WHERE later.organization_id = p.organization_id AND later.paid_at > p.paid_at)
      ON CONFLICT (organization_id) DO UPDATE SET customer = coalesce($2, b.customer),
        payment_method = coalesce($3,
          CASE WHEN b.customer = coalesce($2, b.customer) THEN b.payment_method END)`,
    [purchase, customer, paymentMethod],
  );
}

/** What failed or expired; paid is paid, whatever is told later. A page may be tried again. */
async function close(
  { storage, changed }: PaymentNewsOptions,
  news: Extract<PaymentNews, { reason: string }>,
): Promise<void> {
  const { purchase, kind, reason } = news;
  const sql = 'SELECT automatic, organization_id FROM purchase WHERE id = $1';
  const [row] = await storage.query<{ automatic: boolean; organization_id: string }>(sql, [
    purchase,
  ]);
  if (!row || (kind === 'DECLINED' && !row.automatic)) return;
  if (row.automatic) await storage.query('SELECT top_up_decline($1, $2)', [purchase, reason]);
  else {
    await storage.query(
      `UPDATE purchase SET status = $2::"PurchaseStatus", failure = $3
        WHERE id = $1 AND status = 'OPEN'`,
      [purchase, kind, reason],
    );
  }
  changed(row.organization_id);
}
