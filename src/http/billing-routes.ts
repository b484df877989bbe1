import type { Rooms } from '#schema';
import type { Exchange } from './exchange.ts';
import { answerExport, exportsPath } from './ledger-export.ts';
import { answerReceipt, receiptsPath } from './receipt-page.ts';
import { refuse } from './rest/refuse.ts';
import type { RestRoute } from './rest/routes.ts';
import { answerStripe } from './stripe-webhook.ts';

type Answer = (exchange: Exchange, rooms: Rooms) => Promise<void>;

/** What answers at an address about money that is no part of an API; null when nothing does. */
export function billingRoute(path: string, rooms: Rooms): RestRoute | null {
  const route = (pattern: string, answer: Answer, ...methods: string[]): RestRoute => ({
    pattern,
    methods,
    answer: (exchange) => answer(exchange, rooms),
    refuse,
  });
  if (path.startsWith(exportsPath)) {
    return route(`${exportsPath}{token}`, answerExport, 'GET', 'HEAD');
  }
  if (path.startsWith(receiptsPath)) {
    return route(`${receiptsPath}{token}`, answerReceipt, 'GET', 'HEAD');
  }
  return path === stripePath ? route(stripePath, answerStripe, 'POST') : null;
}

const stripePath = '/webhooks/stripe';
