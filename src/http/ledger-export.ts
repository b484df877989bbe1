import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Fault } from '#kernel';
import type { Rooms } from '#schema';
import type { Exchange } from './exchange.ts';

export const exportsPath = '/exports/';

/**
 * `/exports/<token>`: the entries of a statement as CSV, for whoever has its signed address. Pages
 * of the ledger are read as fast as the client takes them.
 */
export async function answerExport(
  { response, url, signal }: Exchange,
  { billing }: Pick<Rooms, 'billing'>,
): Promise<void> {
  const entries = billing.exported(url.pathname.slice(exportsPath.length));
  if (!entries) {
    throw new Fault('NOT_FOUND', {
      public: 'This address is not valid, or has expired. Ask for the statement again.',
    });
  }
  response.writeHead(200, {
    'Content-Type': 'text/csv; charset=utf-8',
    'Content-Disposition': 'attachment; filename="ledger.csv"',
    'Cache-Control': 'private, no-store',
  });
  await pipeline(Readable.from(entries), response, { signal });
}
