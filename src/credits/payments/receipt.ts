import { formatMoney, type Money } from '#kernel';
import type { LedgerDatabase } from '../ledger/ledger-database.ts';
import type { Payer } from './payments.ts';

interface ReceiptRow {
  readonly receipt_number: bigint;
  readonly paid_at: Date;
  readonly amount: bigint;
  readonly organization: string;
  readonly receipt: Payer | null;
  readonly status: string;
}

/** The receipt of a purchase that was paid, as a page to print; null when there is none. */
export async function readReceipt(
  db: Pick<LedgerDatabase, 'query'>,
  purchaseId: string,
  seller: string,
): Promise<string | null> {
  const [row] = await db.query<ReceiptRow>(
    `SELECT p.receipt_number, p.paid_at, p.amount, o.name AS organization, p.receipt, p.status
      FROM purchase p JOIN organization o ON o.id = p.organization_id
      WHERE p.id = $1 AND p.entry_id IS NOT NULL`,
    [purchaseId],
  );
  return row ? pageOf(row, seller) : null;
}

type Line = readonly [name: string, value: string];

const given = (name: string, value: string | null | undefined): Line[] =>
  value ? [[name, value]] : [];

function pageOf(row: ReceiptRow, seller: string): string {
  const { receipt: payer } = row;
  const number = String(row.receipt_number).padStart(6, '0');
  const net: Money = BigInt(row.amount);
  const tax = cents(payer?.tax ?? 0);
  const buyer = [payer?.name ?? row.organization, ...(payer?.address ?? [])];
  const lines: readonly Line[] = [
    ['Receipt number', number],
    ['Paid on', row.paid_at.toISOString().slice(0, 10)],
    ['Sold by', seller],
    ['Sold to', buyer.join(', ')],
    ...given('E-mail', payer?.email),
    ...(payer?.taxIds ?? []).flatMap((id) => given('Tax number', id)),
    ['Credits', `${formatMoney(net)} US dollars`],
    ['Tax', `${tax} US dollars`],
    ['Total paid', `${payer ? cents(payer.total) : formatMoney(net)} US dollars`],
    ...given('Refunded', row.status === 'REFUNDED' ? 'in full' : null),
  ];
  const rows = lines.map(([name, value]) => `<tr><th>${escaped(name)}<td>${escaped(value)}`);
  return [
    '<!doctype html><html lang="en"><meta charset="utf-8">',
    `<title>Receipt ${number}</title><style>${style}</style>`,
    `<h1>Receipt ${number}</h1><table>${rows.join('')}</table></html>`,
  ].join('\n');
}

const style =
  'body{font:16px/1.5 system-ui;max-width:40rem;margin:3rem auto;padding:0 1rem}' +
  'th{text-align:left;padding-right:2rem;vertical-align:top}';

const cents = (amount: number) =>
  `${Math.trunc(amount / 100)}.${String(amount % 100).padStart(2, '0')}`;

const escaped = (text: string) =>
  text.replace(/[&<>"']/g, (letter) => `&#${letter.codePointAt(0)};`);
