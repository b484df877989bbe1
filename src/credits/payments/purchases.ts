import { type Clock, Fault, formatMoney, InvalidInput, type Log, type Money, newId } from '#kernel';
import type { Storage } from '#storage';
import { type MovementEvent, tellMovement } from '../billing/movement-events.ts';
import { collectOwed } from '../billing/owed.ts';
import { accountId } from '../leases/lease.ts';
import { keyUsedOtherwise } from '../leases/refusals.ts';
import { type LedgerDatabase, oneRow, toJson } from '../ledger/ledger-database.ts';
import { buyable } from './buyable.ts';
import { moneyOf, type PaymentNews, type Payments } from './payments.ts';

export interface PurchasesOptions {
  readonly storage: Pick<LedgerDatabase, 'query'> & Pick<Storage, 'write'>;
  /** Null: this installation takes no payments. */
  readonly payments: Payments | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Origins that a payer may be sent back to; the first one is where they go by default. */
  readonly returnOrigins: () => readonly string[];
  readonly changed: (organizationId: string) => void;
  /** Tells every node that what it has free of this account is missed. */
  readonly recall: (account: string) => void;
}

/** What is to be bought, in the names of the contract's PurchaseCreditsInput. */
export interface PurchaseWish {
  /** US dollars, an exact decimal. */
  readonly amount: string;
  readonly returnUrl?: string | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

/** The same, read by `purchaseFields`. */
export interface PurchaseInput {
  readonly organizationId: string;
  readonly amount: Money;
  readonly returnUrl: string;
  readonly idempotencyKey: string | null;
  readonly actor: string;
}

export interface OpenedPurchase {
  readonly purchaseId: string;
  readonly checkoutUrl: string;
}

/** Buying credits, and what a payment provider tells of it. */
export interface Purchases {
  /** Reads each field for `together`. */
  purchaseFields(wish: PurchaseWish): {
    readonly amount: () => Money;
    readonly returnUrl: () => string;
    readonly idempotencyKey: () => string | null;
  };
  /** @throws Fault CONFLICT, UNAVAILABLE */
  purchase(input: PurchaseInput): Promise<OpenedPurchase>;
  /**
   * Takes what the provider's webhook says. Resolves when it has been entered, or is nothing to us.
   *
   * @throws Fault FORBIDDEN for a false signature; CONFLICT when it is to be told again later.
   */
  paymentNews(body: Buffer, signature: string): Promise<void>;
}

const keyForm = /^[\x20-\x7e]{1,255}$/;

export function openPurchases(options: PurchasesOptions): Purchases {
  return {
    purchaseFields: ({ amount, returnUrl, idempotencyKey }) => ({
      amount: () => buyable(amount, 'input.amount'),
      returnUrl: () => wayBack(returnUrl ?? null, options.returnOrigins()),
      idempotencyKey: () => keyOf(idempotencyKey ?? null),
    }),
    async purchase(input) {
      const { payments } = options;
      if (!payments) throw takesNoPayments();
      const row = await open(options, input);
      if (row.checkout_url) return { purchaseId: row.id, checkoutUrl: row.checkout_url };
      const { id, amount, customer } = row;
      const { returnUrl } = input;
      const page = await payments.checkout({ id, amount: BigInt(amount), customer, returnUrl });
      await options.storage.query(
        `UPDATE purchase SET checkout_session = coalesce(checkout_session, $2), checkout_url = $3
          WHERE id = $1`,
        [id, page.session, page.url],
      );
      return { purchaseId: id, checkoutUrl: page.url };
    },
    async paymentNews(body, signature) {
      if (!options.payments) throw takesNoPayments();
      const news = await options.payments.news(body, signature);
      if (news) await take(options, news);
    },
  };
}

const takesNoPayments = () =>
  new Fault('UNAVAILABLE', {
    public: 'This installation takes no payments. Ask its administrator for credits.',
    retryable: false,
  });

/** Where the payer comes back to. */
function wayBack(returnUrl: string | null, origins: readonly string[]): string {
  if (returnUrl === null) return `${origins[0]}/credits`;
  const origin = URL.parse(returnUrl)?.origin;
  if (origin && origins.includes(origin)) return returnUrl;
  const accepted = `an address below ${origins.join(' or ')}`;
  throw InvalidInput.at('input.returnUrl', 'Payers are not sent there.', accepted);
}

function keyOf(given: string | null): string | null {
  if (given === null || keyForm.test(given)) return given;
  const accepted = '1 to 255 printable characters';
  throw InvalidInput.at('input.idempotencyKey', 'It cannot be used as a key.', accepted);
}

interface PurchaseRow {
  readonly id: string;
  readonly amount: bigint;
  readonly return_url: string;
  readonly checkout_url: string | null;
  readonly customer: string | null;
}

/** The row of a new purchase, or the one that this key made within 24 hours. */
async function open(
  { storage, clock }: PurchasesOptions,
  input: PurchaseInput,
): Promise<PurchaseRow> {
  const { organizationId, amount, returnUrl, idempotencyKey, actor } = input;
  const id = newId('purchase', clock);
  await storage.query(
    `UPDATE purchase SET idempotency_key = NULL WHERE organization_id = $1
      AND idempotency_key = $2 AND created_at < clock_timestamp() - interval '24 hours'`,
    [organizationId, idempotencyKey],
  );
  await storage.query(
    `INSERT INTO purchase
        (id, organization_id, amount, actor, idempotency_key, return_url, created_at, customer)
      VALUES ($1, $2, $3::bigint, $4, $5, $6, clock_timestamp(),
        (SELECT customer FROM billing WHERE organization_id = $2)) ON CONFLICT DO NOTHING`,
    [id, organizationId, amount.toString(), actor, idempotencyKey, returnUrl],
  );
  const [row] = await storage.query<PurchaseRow>(
    `SELECT id, amount, return_url, checkout_url, customer FROM purchase
      WHERE id = $1 OR (organization_id = $2 AND idempotency_key = $3)`,
    [id, organizationId, idempotencyKey],
  );
  if (row && BigInt(row.amount) === amount && row.return_url === returnUrl) return row;
  throw keyUsedOtherwise();
}

async function take(options: PurchasesOptions, news: PaymentNews): Promise<void> {
  if (news.kind === 'PAID') return credit(options, news);
  if ('reason' in news) return close(options, news);
  const { storage, changed, recall } = options;
  const sql = 'SELECT id, organization_id, amount, actor FROM purchase WHERE payment_intent = $1';
  const [row] = await storage.query<PaidRow>(sql, [news.intent]);
  const total = moneyOf(news.cents).toString();
  if (!row || !(await enter(storage, { row, news, total }))) {
    // The payment itself has not been told yet: the provider comes back with what is refused.
    throw new Fault('CONFLICT', {
      public: 'No such payment is known. Send the event again later.',
    });
  }
  const decided = news.kind === 'RETURNED' || news.closed;
  if (decided) await collectOwed(options, row.organization_id);
  else recall(accountId(row.organization_id));
  const about = news.kind === 'DISPUTED' ? { dispute: news.dispute, closed: news.closed } : {};
  const details = { amount: formatMoney(moneyOf(news.cents)), ...about };
  await tell(options, row, { action: happened[news.kind], details });
  changed(row.organization_id);
}

/** False when the payment has not been credited yet. */
async function enter(
  storage: PurchasesOptions['storage'],
  { row, news, total }: { row: PaidRow; news: TakenBack; total: string },
): Promise<boolean> {
  const values =
    news.kind === 'RETURNED'
      ? [total, null]
      : [null, toJson({ id: news.dispute, amount: total, closed: news.closed })];
  const sql = 'SELECT purchase_return($1, $2::bigint, $3::jsonb) AS owed';
  const { owed } = await oneRow<{ owed: bigint | null }>(storage, sql, [row.id, ...values]);
  return owed !== null;
}

type TakenBack = Extract<PaymentNews, { kind: 'RETURNED' | 'DISPUTED' }>;

/** The verbs of what the payment provider did with a payment that had been credited. */
const happened = {
  RETURNED: 'credits.purchaseReturned',
  DISPUTED: 'credits.purchaseDisputed',
} as const;

/** The audit log tells who had bought what is paid or taken back now. */
function tell(
  options: PurchasesOptions,
  { id: subject, organization_id: organizationId, actor }: PaidRow,
  what: Pick<MovementEvent, 'action' | 'details'>,
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
async function credit(
  options: PurchasesOptions,
  news: Extract<PaymentNews, { kind: 'PAID' }>,
): Promise<void> {
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
  storage: PurchasesOptions['storage'],
  { purchase, customer, paymentMethod }: Extract<PaymentNews, { kind: 'PAID' }>,
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
  { storage, changed }: PurchasesOptions,
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
