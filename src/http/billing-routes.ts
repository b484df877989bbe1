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
  const route = (answer: Answer, ...methods: string[]): RestRoute => ({
    methods,
    answer: (exchange) => answer(exchange, rooms),
    refuse,
  });
  if (path.startsWith(exportsPath)) return route(answerExport, 'GET', 'HEAD');
  if (path.startsWith(receiptsPath)) return route(answerReceipt, 'GET', 'HEAD');
  return path === '/webhooks/stripe' ? route(answerStripe, 'POST') : null;
}
