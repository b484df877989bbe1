import type { Rooms } from '#schema';
import { answerExport, exportsPath } from './ledger-export.ts';
import { refuse } from './rest/refuse.ts';
import type { RestRoute } from './rest/routes.ts';

/** What answers at an address about money that is no part of an API; null when nothing does. */
export function billingRoute(path: string, rooms: Rooms): RestRoute | null {
  if (path.startsWith(exportsPath)) {
    return {
      methods: ['GET', 'HEAD'],
      answer: (exchange) => answerExport(exchange, rooms),
      refuse,
    };
  }
  return null;
}
