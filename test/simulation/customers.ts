import type { AllowanceTarget, ChargeLine, Hold } from '#credits';
import { completionId, type Random } from '#kernel';
import { recordOf } from '../credits/node.ts';
import type { SimNode } from './sim-node.ts';

/** A completion that runs on a node. */
export interface Running {
  readonly node: SimNode;
  readonly hold: Hold;
  readonly customer: Customer;
  readonly request: Request;
  readonly session: number;
}

/** An organization with a key that has a limit, of which not every admission has heard. */
export interface Customer {
  readonly organizationId: string;
  readonly apiKeyId: string;
  readonly limit: bigint;
}

export interface Request {
  readonly completion: string;
  readonly targets: readonly AllowanceTarget[];
  readonly amount: bigint;
  readonly limited: boolean;
  claim: { principal: string; key: string; gen: number } | null;
}

/** `n` is another one each time. */
export function newRequest(
  customer: Customer,
  { session, n }: { session: number; n: number },
  random: Random,
): Request {
  const { organizationId, apiKeyId, limit } = customer;
  const limited = random.next() < 0.4;
  const credit = {
    kind: 'ORGANIZATION',
    id: organizationId,
    limit: null,
    period: 'NONE',
    number: 0,
  } as const;
  const key = { kind: 'API_KEY', id: apiKeyId, limit, period: 'DAILY', number: 0 } as const;
  return {
    completion: completionId(Date.UTC(2026, 0, 15), session, n),
    targets: limited ? [credit, key] : [credit],
    amount: BigInt(1 + Math.floor(30 * random.next())),
    limited,
    claim: null,
  };
}

/** What it came to: something between nothing and all that is held. */
export function recordFor({ hold, customer, request }: Running, random: Random) {
  const charged = (hold.amount * BigInt(Math.floor(1_001 * random.next()))) / 1_000n;
  const { organizationId, apiKeyId } = customer;
  return recordOf(request.completion, organizationId, 1, {
    apiKeyId,
    claim: request.claim,
    ...{ lines: [line(charged)], cost: charged, upstreamCost: charged, fee: 0n },
    ...{ charged, waived: 0n },
    finishedAt: '2026-01-15T12:00:01.000Z',
  });
}

const line = (amount: bigint): ChargeLine => ({
  ...{ kind: 'PROMPT', quantity: 1, endpointId: 'end_1' },
  ...{ unitPrice: amount * 1_000_000n, amount },
});
