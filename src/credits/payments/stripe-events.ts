import type Stripe from 'stripe';
import type { Payer, PaymentNews } from './payments.ts';

type Session = Stripe.Checkout.Session;

/**
 * What an event of Stripe tells of a purchase. Several events tell of one payment, in any order;
 * each of them says all that it knows.
 */
export function newsOf(event: Stripe.Event): PaymentNews | null {
  switch (event.type) {
    case 'checkout.session.completed':
    case 'checkout.session.async_payment_succeeded':
      return event.data.object.payment_status === 'unpaid' ? null : paidPage(event.data.object);
    case 'checkout.session.async_payment_failed':
      return ended('FAILED', event.data.object, 'The payment failed.');
    case 'checkout.session.expired':
      return ended('EXPIRED', event.data.object, 'The page was not paid in time.');
    case 'payment_intent.succeeded':
      return paidIntent(event.data.object);
    case 'payment_intent.payment_failed':
    case 'payment_intent.canceled':
      return failedIntent(event.data.object);
    case 'charge.refunded':
      return returned(event.data.object);
    case 'charge.dispute.created':
    case 'charge.dispute.updated':
    case 'charge.dispute.closed':
      return disputed(event.data.object);
    default:
      return null;
  }
}

const idOf = (thing: string | { id: string } | null | undefined): string | null =>
  typeof thing === 'string' ? thing : (thing?.id ?? null);

const purchaseOf = ({ metadata }: { metadata: Stripe.Metadata | null }): string | null =>
  metadata?.['purchase'] ?? null;

function paidPage(session: Session): PaymentNews | null {
  const purchase = purchaseOf(session);
  if (!purchase || session.currency !== 'usd') return null;
  return {
    kind: 'PAID',
    purchase,
    cents: session.amount_subtotal ?? 0,
    session: session.id,
    intent: idOf(session.payment_intent),
    customer: idOf(session.customer),
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

function paidIntent(intent: Stripe.PaymentIntent): PaymentNews | null {
  const purchase = purchaseOf(intent);
  if (!purchase || intent.currency !== 'usd') return null;
  return {
    kind: 'PAID',
    purchase,
    cents: intent.amount_received,
    session: null,
    intent: intent.id,
    customer: idOf(intent.customer),
    paymentMethod: idOf(intent.payment_method),
    payer: null,
  };
}

/** On a page the payer may try again; an automatic top-up has failed. */
function failedIntent(intent: Stripe.PaymentIntent): PaymentNews | null {
  const purchase = purchaseOf(intent);
  const reason = intent.last_payment_error?.message ?? 'The payment was declined.';
  return purchase ? { kind: 'DECLINED', purchase, reason } : null;
}

function ended(kind: 'FAILED' | 'EXPIRED', session: Session, reason: string): PaymentNews | null {
  const purchase = purchaseOf(session);
  return purchase ? { kind, purchase, reason } : null;
}

function returned(charge: Stripe.Charge): PaymentNews | null {
  const intent = idOf(charge.payment_intent);
  return intent ? { kind: 'RETURNED', intent, cents: charge.amount_refunded } : null;
}

/** Decided for us: nothing is disputed any more. Against us: the amount stays owed. */
function disputed(dispute: Stripe.Dispute): PaymentNews | null {
  const intent = idOf(dispute.payment_intent);
  const { id, status, amount } = dispute;
  const kept = status === 'won' || status === 'warning_closed';
  const closed = kept || status === 'lost';
  const cents = kept ? 0 : amount;
  return intent ? { kind: 'DISPUTED', intent, dispute: id, cents, closed } : null;
}
