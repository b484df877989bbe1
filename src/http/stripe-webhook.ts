import { Fault } from '#kernel';
import type { Rooms } from '#schema';
import { bodyOf, type Exchange, sendJson } from './exchange.ts';

/**
 * `/webhooks/stripe`: what the payment provider tells. 200 when it is entered or nothing to us; it
 * is told again after anything else.
 */
export async function answerStripe(
  exchange: Exchange,
  { billing }: Pick<Rooms, 'billing'>,
): Promise<void> {
  const signature = exchange.request.headers['stripe-signature'];
  if (typeof signature !== 'string') {
    throw new Fault('FORBIDDEN', { public: 'The header Stripe-Signature is missing.' });
  }
  await billing.paymentNews(await bodyOf(exchange), signature);
  sendJson(exchange.response, 200, { received: true });
}
