import type { Money } from '#kernel';

/**
 * The words between the ledger and whoever takes payments. A payment provider counts in cents; the
 * id of a purchase is the idempotency key of everything that is asked for it.
 */
export interface Payments {
  /** Opens a page on which the purchase is paid. @throws Fault UNAVAILABLE, INVALID_INPUT */
  checkout(purchase: CheckoutRequest): Promise<CheckoutPage>;
  /** Charges the saved payment method, with nobody there. */
  charge(attempt: ChargeAttempt): Promise<ChargeOutcome>;
  /** What became of an attempt of that time, by the provider's list of the payer's payments. */
  look(attempt: ChargeAttempt & { readonly since: Date }): Promise<ChargeOutcome | NeverMade>;
  /**
   * What an event tells, once its signature is verified; null when it is about nothing of ours.
   *
   * @throws Fault FORBIDDEN when the signature is not the provider's; InvalidInput when it is, and
   * the event is none.
   */
  news(body: Buffer, signature: string): Promise<PaymentNews | null>;
  /**
   * What the provider says of a payment: null when it has not succeeded, or is for no purchase.
   *
   * @throws Fault UNAVAILABLE
   */
  payment(intent: string): Promise<PaidNews | null>;
}

export interface CheckoutRequest {
  readonly id: string;
  readonly amount: Money;
  /** Where the payer comes back to. */
  readonly returnUrl: string;
  /** The provider's name of a payer who paid before. */
  readonly customer: string | null;
}

export interface CheckoutPage {
  readonly session: string;
  readonly url: string;
}

export interface ChargeAttempt {
  readonly id: string;
  readonly amount: Money;
  readonly customer: string;
  readonly paymentMethod: string;
}

/** UNKNOWN: it is not known whether money moved; to be asked again under the same id. */
export type ChargeOutcome =
  | { readonly kind: 'PAID' | 'PENDING'; readonly intent: string }
  | { readonly kind: 'DECLINED'; readonly reason: string }
  | { readonly kind: 'UNKNOWN' };

/** No payment was made of the attempt. */
export interface NeverMade {
  readonly kind: 'NONE';
}

/** What of a receipt the payer gave to the payment provider. */
export interface Payer {
  readonly name: string | null;
  readonly email: string | null;
  readonly address: readonly string[];
  readonly taxIds: readonly string[];
  /** In cents. */
  readonly tax: number;
  readonly total: number;
}

export interface PaidNews {
  readonly kind: 'PAID';
  readonly purchase: string;
  /** What was paid for the credits or more, in cents. */
  readonly cents: number;
  readonly session: string | null;
  readonly intent: string | null;
  readonly customer: string | null;
  readonly paymentMethod: string | null;
  readonly payer: Payer | null;
}

export type PaymentNews =
  | PaidNews
  /** A page that will not be paid any more; DECLINED: one try, after which another may follow. */
  | {
      readonly kind: 'FAILED' | 'EXPIRED' | 'DECLINED';
      readonly purchase: string;
      readonly reason: string;
    }
  /** Of this payment so much went back to the payer altogether. */
  | { readonly kind: 'RETURNED'; readonly intent: string; readonly cents: number }
  /** One of the refunds of this payment; one that failed stays with us. */
  | {
      readonly kind: 'REFUND';
      readonly intent: string;
      readonly refund: string;
      readonly cents: number;
      readonly failed: boolean;
    }
  /** Of this payment so much is disputed now. */
  | {
      readonly kind: 'DISPUTED';
      readonly intent: string;
      /** One payment may have several. */
      readonly dispute: string;
      readonly cents: number;
      readonly closed: boolean;
    };

const moneyPerCent = 10n ** 10n;

/** Null when it is not a whole number of cents. */
export const centsOf = (amount: Money): number | null =>
  amount % moneyPerCent === 0n ? Number(amount / moneyPerCent) : null;

export const moneyOf = (cents: number): Money => BigInt(cents) * moneyPerCent;
