import type Stripe from 'stripe';
import { Fault, InvalidInput, invariant, type Log, type Secret } from '#kernel';
import {
  type ChargeAttempt,
  type ChargeOutcome,
  type CheckoutRequest,
  centsOf,
  type Payments,
} from './payments.ts';
import { newsOf, paidIntent } from './stripe-events.ts';
import { intentShape, madeShape, openedShape } from './stripe-objects.ts';

export interface StripeOptions {
  readonly secretKey: Secret;
  readonly webhookSecret: Secret;
  readonly apiBase: string;
  readonly log: Log;
}

const timeoutMs = 20_000;

/**
 * Payments by Stripe: Checkout for people, a saved payment method for automatic top-ups. Its client
 * is loaded only where it takes payments.
 */
export async function stripePayments(options: StripeOptions): Promise<Payments> {
  const { default: Client } = await import('stripe');
  const { protocol, hostname, port } = new URL(options.apiBase);
  const stripe = new Client(options.secretKey.reveal(), {
    protocol: protocol === 'http:' ? 'http' : 'https',
    host: hostname,
    port: port || (protocol === 'http:' ? 80 : 443),
    timeout: timeoutMs,
    maxNetworkRetries: 1,
    telemetry: false,
  });
  return {
    async checkout(request) {
      const open = (asked: CheckoutRequest, idempotencyKey: string) =>
        stripe.checkout.sessions.create(sessionOf(asked), { idempotencyKey });
      const opened = await open(request, request.id)
        .catch((thrown) => {
          if (!isPayerGone(thrown, Client.errors)) throw thrown;
          return open({ ...request, customer: null }, `${request.id} anew`);
        })
        .then((session) => openedShape.parse(session))
        .catch((thrown) => {
          throw refusalOf(thrown, options.log);
        });
      return { session: opened.id, url: opened.url };
    },
    charge: (attempt) => charge(attempt, { stripe, errors: Client.errors, log: options.log }),
    look: (attempt) => look(attempt, { stripe, log: options.log }),
    async news(body, signature) {
      const secret = options.webhookSecret.reveal();
      const { signature: signatures } = stripe.webhooks;
      invariant(signatures, 'the client comes with its check of signatures');
      await signatures.verifyHeaderAsync(body, signature, secret).catch(() => {
        throw new Fault('FORBIDDEN', { public: 'This is not signed by the payment provider.' });
      });
      return newsOf(jsonOf(body));
    },
    async payment(id) {
      const intent = await stripe.paymentIntents.retrieve(id).catch((thrown) => {
        if (isGone(thrown, Client.errors)) return null;
        options.log.warn('whose payment something went back of is not known', { error: thrown });
        throw silent(thrown);
      });
      return intent?.status === 'succeeded' ? paidIntent(intentShape.parse(intent)) : null;
    },
  };
}

function sessionOf(request: CheckoutRequest): Stripe.Checkout.SessionCreateParams {
  const metadata = { purchase: request.id };
  const { customer } = request;
  return {
    mode: 'payment',
    client_reference_id: request.id,
    metadata,
    success_url: request.returnUrl,
    cancel_url: request.returnUrl,
    billing_address_collection: 'required',
    tax_id_collection: { enabled: true },
    ...(customer
      ? { customer, customer_update: { name: 'auto', address: 'auto' } }
      : { customer_creation: 'always' }),
    payment_intent_data: { metadata, setup_future_usage: 'off_session' },
    line_items: [
      {
        quantity: 1,
        price_data: {
          currency: 'usd',
          unit_amount: cents(request.amount),
          product_data: { name: 'Credits' },
        },
      },
    ],
  };
}

interface Charging {
  readonly stripe: Stripe;
  readonly errors: typeof Stripe.errors;
  readonly log: Log;
}

async function charge(
  attempt: ChargeAttempt,
  { stripe, errors, log }: Charging,
): Promise<ChargeOutcome> {
  try {
    const intent = await stripe.paymentIntents.create(
      {
        amount: cents(attempt.amount),
        currency: 'usd',
        customer: attempt.customer,
        payment_method: attempt.paymentMethod,
        off_session: true,
        confirm: true,
        metadata: { purchase: attempt.id },
      },
      { idempotencyKey: attempt.id },
    );
    return outcomeOf(intent);
  } catch (thrown) {
    if (thrown instanceof errors.StripeCardError) {
      return { kind: 'DECLINED', reason: thrown.message };
    }
    if (thrown instanceof errors.StripeInvalidRequestError) {
      log.warn('the payment provider refused a top-up', { error: thrown });
      return { kind: 'DECLINED', reason: 'The saved payment method cannot be used any more.' };
    }
    log.warn('whether a top-up was paid is not known; it is asked again', { error: thrown });
    return { kind: 'UNKNOWN' };
  }
}

/** Throws for what is no payment: its outcome is not known. */
function outcomeOf(intent: Stripe.PaymentIntent): ChargeOutcome {
  const { id, status } = madeShape.parse(intent);
  if (status === 'succeeded') return { kind: 'PAID', intent: id };
  if (status === 'processing') return { kind: 'PENDING', intent: id };
  const unconfirmed = 'The bank asks for a confirmation by its customer.';
  return { kind: 'DECLINED', reason: intent.last_payment_error?.message ?? unconfirmed };
}

/** So much earlier than by our clock an attempt may have been made by Stripe's. */
const clocksApartSeconds = 600;

/** The list of one customer's payments has each as soon as it is made; the search has not. */
async function look(
  { id, customer, since }: Parameters<Payments['look']>[0],
  { stripe, log }: Pick<Charging, 'stripe' | 'log'>,
): ReturnType<Payments['look']> {
  const created = { gte: Math.floor(since.getTime() / 1_000) - clocksApartSeconds };
  try {
    for await (const intent of stripe.paymentIntents.list({ customer, created, limit: 100 })) {
      if (intent.metadata['purchase'] === id) return outcomeOf(intent);
    }
    return { kind: 'NONE' };
  } catch (thrown) {
    log.warn('what became of a top-up is not known; it is looked for again', { error: thrown });
    return { kind: 'UNKNOWN' };
  }
}

/** Removed there, or known to another account of the operator's. */
const isGone = (
  thrown: unknown,
  errors: typeof Stripe.errors,
): thrown is Stripe.errors.StripeInvalidRequestError =>
  thrown instanceof errors.StripeInvalidRequestError && thrown.code === 'resource_missing';

/** Who pays then is a new payer. */
const isPayerGone = (thrown: unknown, errors: typeof Stripe.errors): boolean =>
  isGone(thrown, errors) && thrown.param === 'customer';

function refusalOf(thrown: unknown, log: Log): Fault {
  log.warn('the payment provider opened no page', { error: thrown });
  return silent(thrown);
}

const silent = (cause: unknown) =>
  new Fault('UNAVAILABLE', {
    public: 'The payment provider does not answer as it should. Nothing was paid; try again.',
    retryAfterMs: 5_000,
    cause,
  });

function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    throw InvalidInput.at('body', 'It is not JSON.', 'an event of the payment provider');
  }
}

function cents(amount: bigint): number {
  const whole = centsOf(amount);
  invariant(whole !== null, 'what is paid is a whole number of cents');
  return whole;
}
