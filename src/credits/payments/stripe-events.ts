import type { z } from 'zod';
import { InvalidInput } from '#kernel';
import type { PaidNews, Payer, PaymentNews } from './payments.ts';
import {
  type Charge,
  chargeShape,
  type Dispute,
  disputeShape,
  eventShape,
  type Intent,
  intentShape,
  type Refund,
  refundShape,
  type Session,
  sessionShape,
} from './stripe-objects.ts';

/**
 * What an event of Stripe tells of a purchase; null when it is about none. Several events tell of
 * one payment, in any order; each of them says all that it knows.
 *
 * @throws InvalidInput that names what of it is not as Stripe tells it.
 */
export function newsOf(given: unknown): PaymentNews | null {
  const { type, data } = inShape(eventShape, given, '');
  return Object.hasOwn(told, type) ? (told[type]?.(data.object) ?? null) : null;
}

function inShape<Shape extends z.ZodType>(shape: Shape, given: unknown, at: string) {
  const { data, error } = shape.safeParse(given);
  if (!error) return data as z.output<Shape>;
  const where = [at, ...(error.issues[0]?.path ?? [])].filter(Boolean).join('.');
  throw InvalidInput.at(where || 'event', 'It is not as the payment provider tells it.');
}

const of =
  <Shape extends z.ZodType>(shape: Shape, tell: (object: z.output<Shape>) => PaymentNews | null) =>
  (object: unknown) =>
    tell(inShape(shape, object, 'data.object'));

const told: Readonly<Record<string, (object: unknown) => PaymentNews | null>> = {
  'checkout.session.completed': of(sessionShape, paidPage),
  'checkout.session.async_payment_succeeded': of(sessionShape, paidPage),
  'checkout.session.async_payment_failed': of(sessionShape, (session) =>
    ended('FAILED', session, 'The payment failed.'),
  ),
  'checkout.session.expired': of(sessionShape, (session) =>
    ended('EXPIRED', session, 'The page was not paid in time.'),
  ),
  'payment_intent.succeeded': of(intentShape, paidIntent),
  'payment_intent.payment_failed': of(intentShape, failedIntent),
  'payment_intent.canceled': of(intentShape, failedIntent),
  'charge.refunded': of(chargeShape, returned),
  'charge.refund.updated': of(refundShape, refunded),
  'refund.created': of(refundShape, refunded),
  'refund.updated': of(refundShape, refunded),
  'refund.failed': of(refundShape, refunded),
  'charge.dispute.created': of(disputeShape, disputed),
  'charge.dispute.updated': of(disputeShape, disputed),
  'charge.dispute.closed': of(disputeShape, disputed),
};

const purchaseOf = ({ metadata }: Pick<Session, 'metadata'>): string | null =>
  metadata?.['purchase'] ?? null;

function paidPage(session: Session): PaymentNews | null {
  const purchase = purchaseOf(session);
  if (!purchase || session.currency !== 'usd' || session.payment_status !== 'paid') return null;
  return {
    kind: 'PAID',
    purchase,
    cents: session.amount_subtotal ?? 0,
    session: session.id,
    intent: session.payment_intent,
    customer: session.customer,
    paymentMethod: null,
    payer: payerOf(session),
  };
}

function payerOf(session: Session): Payer {
  const details = session.customer_details;
  const { line1, line2, postal_code, city, state, country } = details?.address ?? {};
  const parts = [line1, line2, [postal_code, city].filter(Boolean).join(' '), state, country];
  return {
    name: details?.name ?? null,
    email: details?.email ?? null,
    address: parts.filter((part): part is string => Boolean(part)),
    taxIds: (details?.tax_ids ?? []).map(({ type, value }) => `${type} ${value ?? ''}`.trim()),
    tax: session.total_details?.amount_tax ?? 0,
    total: session.amount_total ?? 0,
  };
}

/** A payment that has succeeded. */
export function paidIntent(intent: Intent): PaidNews | null {
  const purchase = purchaseOf(intent);
  if (!purchase || intent.currency !== 'usd') return null;
  return {
    kind: 'PAID',
    purchase,
    cents: intent.amount_received ?? 0,
    session: null,
    intent: intent.id,
    customer: intent.customer,
    paymentMethod: intent.payment_method,
    payer: null,
  };
}

/** On a page the payer may try again; an automatic top-up has failed. */
function failedIntent(intent: Intent): PaymentNews | null {
  const purchase = purchaseOf(intent);
  const reason = intent.last_payment_error?.message ?? 'The payment was declined.';
  return purchase ? { kind: 'DECLINED', purchase, reason } : null;
}

function ended(kind: 'FAILED' | 'EXPIRED', session: Session, reason: string): PaymentNews | null {
  const purchase = purchaseOf(session);
  return purchase ? { kind, purchase, reason } : null;
}

function returned({ payment_intent: intent, amount_refunded: cents }: Charge): PaymentNews | null {
  return intent ? { kind: 'RETURNED', intent, cents } : null;
}

/** Until it is known to have failed, it goes back. */
function refunded({ id, payment_intent: intent, amount, status }: Refund): PaymentNews | null {
  const failed = status === 'failed' || status === 'canceled';
  return intent ? { kind: 'REFUND', intent, refund: id, cents: amount, failed } : null;
}

/** Decided for us: nothing is disputed any more. Against us: the amount stays owed. */
function disputed({ id, payment_intent: intent, status, amount }: Dispute): PaymentNews | null {
  const kept = status === 'won' || status === 'warning_closed';
  const closed = kept || status === 'lost';
  const cents = kept ? 0 : amount;
  return intent ? { kind: 'DISPUTED', intent, dispute: id, cents, closed } : null;
}
