import { dollarsOf } from '#kernel';
import type { Rooms } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import { callerOf } from '../rest/caller.ts';
import { organizationOf } from './organization.ts';

/** `GET …/credits`: what the organization was given, and what of it was used. */
export async function answerCredits(exchange: Exchange, rooms: Rooms): Promise<void> {
  const organization = await organizationOf(rooms, {
    principal: await callerOf(exchange, rooms),
    url: exchange.url,
    anyOf: ['CREDITS_READ'],
    instead: 'GET /v1/key tells what this key may spend.',
  });
  await rooms.credits.post();
  const { balance, used } = await creditsOf(rooms, organization.id);
  sendJson(exchange.response, 200, {
    data: { total_credits: dollarsOf(balance + used), total_usage: dollarsOf(used) },
  });
}

/**
 * The balance and what was used, refunds taken off, of one moment. What was given is the rest of
 * what the ledger entered: of a busy organization its entries are too many to add up.
 */
export async function creditsOf(
  { storage }: Pick<Rooms, 'storage'>,
  organizationId: string,
): Promise<{ readonly balance: bigint; readonly used: bigint }> {
  const [row] = await storage.prisma.$queryRaw<{ balance: string; used: string }[]>`
    SELECT balance::text, (SELECT coalesce(SUM(charged - refunded), 0)::text FROM day_rollup
      WHERE organization_id = ${organizationId}) AS used
    FROM credit_account WHERE organization_id = ${organizationId}`;
  return { balance: BigInt(row?.balance ?? 0), used: BigInt(row?.used ?? 0) };
}
