import type { ChargeOutcome } from '#credits';
import { Fault } from '#kernel';
import { NoEndpointAvailable } from '#routing';
import type { CompletionStatus, FinishReason } from './completion.ts';

/** How a run ended. The first one counts; what comes later is ignored. */
export type Ending =
  | { readonly kind: 'answered' | 'budget' | 'cancelled' }
  | {
      readonly kind: 'refused' | 'exhausted' | 'brokeOff' | 'interrupted';
      readonly fault: Fault;
    };

export type EndingKind = Ending['kind'];

/** What the caller sees of an ending; the finish reason of `answered` is the provider's. */
interface EndingRule {
  readonly status: Extract<CompletionStatus, 'SUCCEEDED' | 'FAILED' | 'CANCELLED'>;
  readonly finishReason: FinishReason | 'as the provider said' | null;
  readonly charge: Exclude<ChargeOutcome, 'OWN_PROVIDER_KEY'>;
  /** Whether it uses its idempotency key up: a repeat is then answered with this completion. */
  readonly usesKey: boolean;
}

/**
 * The contract's table "How a completion ends"; a failure is told by CompletionFailed, the rest by
 * CompletionFinished.
 */
export const endings: Readonly<Record<EndingKind, EndingRule>> = {
  // Stop, length, tool calls, content filter.
  answered: {
    status: 'SUCCEEDED',
    finishReason: 'as the provider said',
    charge: 'SUCCEEDED',
    usesKey: true,
  },
  // The hold could not be extended.
  budget: { status: 'SUCCEEDED', finishReason: 'BUDGET', charge: 'BUDGET', usesKey: true },
  // By the caller, its key's revocation, or its leaving.
  cancelled: {
    status: 'CANCELLED',
    finishReason: 'CANCELLED',
    charge: 'CANCELLED',
    usesKey: true,
  },
  // Before any provider was tried.
  refused: {
    status: 'FAILED',
    finishReason: null,
    charge: 'NOTHING_DELIVERED',
    usesKey: false,
  },
  // Every attempt failed before content.
  exhausted: {
    status: 'FAILED',
    finishReason: 'ERROR',
    charge: 'NOTHING_DELIVERED',
    usesKey: true,
  },
  // After content, and not continued.
  brokeOff: { status: 'FAILED', finishReason: 'ERROR', charge: 'BROKE_OFF', usesKey: true },
  // Our own shutdown or fault: like the death of the node, it leaves the key to the next try.
  interrupted: {
    status: 'FAILED',
    finishReason: 'ERROR',
    charge: 'NOTHING_DELIVERED',
    usesKey: false,
  },
};

/**
 * What was thrown out of a run as its ending: before the first attempt a refusal, afterwards our
 * own fault.
 */
export function endingOf(thrown: unknown, attempts: number): Ending {
  const fault = Fault.from(thrown);
  if (attempts === 0) return { kind: 'refused', fault };
  return { kind: thrown instanceof NoEndpointAvailable ? 'exhausted' : 'interrupted', fault };
}
