import { dollarsOf } from '#kernel';
import type { Rooms } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import { callerOf } from '../rest/caller.ts';
import { organizationOf } from './organization.ts';

/** What takes from the balance; everything else gives. */
const used: ReadonlySet<string> = new Set(['USAGE', 'FEE', 'REFUND']);

/** `GET …/credits`: what the organization was given, and what of it was used. */
export async function answerCredits(exchange: Exchange, rooms: Rooms): Promise<void> {
  const organization = await organizationOf(rooms, {
    principal: await callerOf(exchange, rooms),
    url: exchange.url,
    anyOf: ['CREDITS_READ'],
    instead: 'GET /v1/key tells what this key may spend.',
  });
  await rooms.credits.post();
  const sums = await rooms.storage.prisma.entry.groupBy({
    by: ['kind'],
    where: { account: { organizationId: organization.id } },
    _sum: { amount: true },
  });
  const sumOf = (isUsage: boolean) =>
    sums.reduce((sum, { kind, _sum }) => {
      return used.has(kind) === isUsage ? sum + (_sum.amount ?? 0n) : sum;
    }, 0n);
  sendJson(exchange.response, 200, {
    data: { total_credits: dollarsOf(sumOf(false)), total_usage: dollarsOf(-sumOf(true)) },
  });
}
