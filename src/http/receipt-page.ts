import { Fault } from '#kernel';
import type { Rooms } from '#schema';
import type { Exchange } from './exchange.ts';

export const receiptsPath = '/receipts/';

/** `/receipts/<token>`: a receipt to print, for whoever has its signed address. */
export async function answerReceipt(
  { response, url }: Exchange,
  { billing }: Pick<Rooms, 'billing'>,
): Promise<void> {
  const page = await billing.receipt(url.pathname.slice(receiptsPath.length));
  if (page === null) {
    throw new Fault('NOT_FOUND', {
      public: 'This address is not valid, or has expired. Ask for the purchase again.',
    });
  }
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
    'Cache-Control': 'private, no-store',
  });
  response.end(page);
}
