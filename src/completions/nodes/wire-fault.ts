import type { Market } from '#catalog';
import { InsufficientCredits, type Shortage } from '#credits';
import { Fault, type FaultCode, type InputIssue, InvalidInput } from '#kernel';
import { RateLimited, type RateLimitScope } from '#limits';
import { NoEndpointAvailable, type Rejection } from '#routing';

/** A fault without what only its own node can know of it. */
export interface WireFault {
  readonly code: FaultCode;
  readonly public: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  /** What a caller is told beside the sentence. */
  readonly particulars?: Particulars | undefined;
}

type WireRejection = Omit<Rejection, 'endpoint'> & { readonly endpoint: string };

type Particulars =
  | { readonly of: 'input'; readonly issues: readonly InputIssue[] }
  | { readonly of: 'credits'; readonly shortage: Shortage }
  | { readonly of: 'rate'; readonly scope: RateLimitScope; readonly limit: RateLimited['limit'] }
  | {
      readonly of: 'endpoints';
      readonly models: readonly string[];
      readonly rejections: readonly WireRejection[];
    };

export const faultToWire = (fault: Fault): WireFault => ({
  code: fault.code,
  public: fault.public,
  retryable: fault.retryable,
  retryAfterMs: fault.retryAfterMs,
  particulars: particularsOf(fault),
});

function particularsOf(fault: Fault): Particulars | undefined {
  if (fault instanceof InvalidInput) return { of: 'input', issues: fault.issues };
  if (fault instanceof RateLimited) return { of: 'rate', scope: fault.scope, limit: fault.limit };
  if (fault instanceof InsufficientCredits) {
    const { allowance, required, available, resetsAt, affordableMaxTokens, owed } = fault;
    const shortage = { allowance, required, available, resetsAt, affordableMaxTokens, owed };
    return { of: 'credits', shortage };
  }
  if (!(fault instanceof NoEndpointAvailable)) return undefined;
  const rejections = fault.rejections.map((one) => ({ ...one, endpoint: one.endpoint.id }));
  return { of: 'endpoints', models: fault.models, rejections };
}

export function faultFromWire({ particulars, ...wire }: WireFault, market: Market): Fault {
  switch (particulars?.of) {
    case 'input':
      return new InvalidInput(particulars.issues);
    case 'credits':
      return new InsufficientCredits(particulars.shortage);
    case 'rate':
      return new RateLimited(particulars.scope, particulars.limit);
    case 'endpoints':
      return new NoEndpointAvailable(
        particulars.models.map((slug) => ({ slug })),
        rejectionsIn(particulars.rejections, market),
      );
    default:
      return plain(wire);
  }
}

const plain = ({ code, retryAfterMs, ...texts }: Omit<WireFault, 'particulars'>) =>
  new Fault(code, { ...texts, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });

const rejectionsIn = (rejections: readonly WireRejection[], market: Market): Rejection[] =>
  rejections.flatMap((one) => {
    const endpoint = market.endpoint(one.endpoint);
    return endpoint ? [{ ...one, endpoint }] : [];
  });
