import { Fault } from '#kernel';
import type { CompletionStatus, FinishReason } from './completion.ts';
import type { State } from './lifecycle.ts';

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
  readonly lastEvent: 'CompletionFinished' | 'CompletionFailed';
}

/** The contract's table "How a completion ends". */
export const endings: Readonly<Record<EndingKind, EndingRule>> = {
  // Stop, length, tool calls, content filter.
  answered: {
    status: 'SUCCEEDED',
    finishReason: 'as the provider said',
    lastEvent: 'CompletionFinished',
  },
  // The hold could not be extended.
  budget: { status: 'SUCCEEDED', finishReason: 'BUDGET', lastEvent: 'CompletionFinished' },
  // By the caller, its key's revocation, or its leaving.
  cancelled: { status: 'CANCELLED', finishReason: 'CANCELLED', lastEvent: 'CompletionFinished' },
  // Before any provider was tried.
  refused: { status: 'FAILED', finishReason: null, lastEvent: 'CompletionFailed' },
  // Every attempt failed before content.
  exhausted: { status: 'FAILED', finishReason: 'ERROR', lastEvent: 'CompletionFailed' },
  // After content, and not continued.
  brokeOff: { status: 'FAILED', finishReason: 'ERROR', lastEvent: 'CompletionFailed' },
  // Our own shutdown or fault.
  interrupted: { status: 'FAILED', finishReason: 'ERROR', lastEvent: 'CompletionFailed' },
};

/** What was thrown out of a run as its ending: before the first attempt a refusal, afterwards our own fault. */
export function endingOf(thrown: unknown, state: State): Ending {
  return { kind: state === 'QUEUED' ? 'refused' : 'interrupted', fault: Fault.from(thrown) };
}
