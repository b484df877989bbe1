import { type Clock, Fault, InvalidInput, type Log, type Money, newId } from '#kernel';
import type { Storage } from '#storage';
import { keyUsedOtherwise } from '../leases/refusals.ts';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';
import { buyable } from './buyable.ts';
import { takeNews } from './payment-news.ts';
import type { Payments } from './payments.ts';

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
   * @throws Fault FORBIDDEN for a false signature, InvalidInput for what is no event; CONFLICT or
   * UNAVAILABLE when it is to be told again later.
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
      const known = row.checkout_url;
      const checkoutUrl = known ?? (await openPage(options.storage, payments, row));
      if (!known) options.changed(input.organizationId);
      return { purchaseId: row.id, checkoutUrl };
    },
    async paymentNews(body, signature) {
      const { payments } = options;
      if (!payments) throw takesNoPayments();
      const news = await payments.news(body, signature);
      if (news) await takeNews({ ...options, payments }, news);
    },
  };
}

const takesNoPayments = () =>
  new Fault('UNAVAILABLE', {
    public: 'This installation takes no payments. Ask its administrator for credits.',
    retryable: false,
  });

const returnUrlMax = 2_048;

/** Where the payer comes back to, written so that everybody takes it for the same address. */
function wayBack(returnUrl: string | null, origins: readonly string[]): string {
  if (returnUrl === null) return `${origins[0]}/credits`;
  const { origin = '', href = '' } = URL.parse(returnUrl) ?? {};
  if (origins.includes(origin) && href.length <= returnUrlMax) return href;
  const accepted = `an address below ${origins.join(' or ')}, at most ${returnUrlMax} characters`;
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

/**
 * Opens the page of a purchase. One that has none can be paid by nobody, so it has failed, and its
 * key is free for another: under the id of this one the payment provider would fail again.
 */
async function openPage(
  storage: PurchasesOptions['storage'],
  payments: Payments,
  { id, amount, customer, return_url: returnUrl }: PurchaseRow,
): Promise<string> {
  try {
    const page = await payments.checkout({ id, amount: BigInt(amount), customer, returnUrl });
    // Whoever asked at the same time may have failed.
    await storage.query(
      `UPDATE purchase SET checkout_session = coalesce(checkout_session, $2), checkout_url = $3,
          status = CASE status WHEN 'FAILED' THEN 'OPEN' ELSE status END, failure = NULL
        WHERE id = $1`,
      [id, page.session, page.url],
    );
    return page.url;
  } catch (thrown) {
    await storage.query(
      `UPDATE purchase SET status = 'FAILED', failure = $2, idempotency_key = NULL
        WHERE id = $1 AND status = 'OPEN' AND checkout_url IS NULL`,
      [id, 'The payment provider opened no page.'],
    );
    throw thrown;
  }
}
