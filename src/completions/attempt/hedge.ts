import { type Money, sleep } from '#kernel';
import type { Admission } from '../admit.ts';
import type { Rooms } from '../rooms.ts';
import type { Running } from '../runs/running.ts';
import { type AttemptOut, outcomeOf } from './attempt-out.ts';

/** Nobody's first token is late before this. */
const delayMsMin = 200;
/** A prompt that costs more than a cent is not sent twice. */
const promptCostMax: Money = 10_000_000_000n;

/** What may be sent when the first attempt is late. */
export interface Hedge {
  readonly admission: Admission;
  /** Starts the second attempt; null when there is none. */
  second(): AttemptOut | null;
}

/**
 * Waits for the first content of `first`, and of a second attempt when it is late: the one whose
 * content comes first answers, the other is left and costs the caller nothing. One that fails
 * meanwhile is told of. Returns the one to go on with, which may have failed itself.
 */
export async function raced(
  running: Running,
  { first, hedge }: { first: AttemptOut; hedge: Hedge },
  rooms: Rooms,
): Promise<AttemptOut> {
  if (!(await late(running, first, rooms)) || running.ending) return first;
  if (!(await hedge.admission.hold.covered()) || running.ending) return first;
  if (!affordable(running, hedge, rooms)) return first;
  const second = hedge.second();
  if (!second) return first;
  const { out, opening } = await Promise.race([ended(first), ended(second)]);
  const other = out === first ? second : first;
  const failed = opening === 'failed';
  if (failed && !running.ending) {
    giveUp(running, out, other);
    return other;
  }
  other.cancel();
  // Also when it was cancelled meanwhile: what had come is told, and charged at the price of whom
  // it is of.
  if (out === second && !failed) takeOver(running, second, 2);
  return out;
}

const ended = async (out: AttemptOut) => ({ out, opening: await out.opened() });

/** True when the first content is not there after the wait; never shorter than what is usual. */
async function late(running: Running, first: AttemptOut, { clock, router }: Rooms) {
  const usual = router.medians(first.candidate.endpoint.id)?.timeToFirstTokenMs ?? 0;
  const delayMs = Math.max(running.request.hedgeAfterMs ?? 0, usual, delayMsMin);
  const wait = new AbortController();
  const timer = sleep(clock, delayMs, wait.signal).catch(() => {});
  const opening = await Promise.race([first.opened(), timer]);
  wait.abort();
  return opening === undefined;
}

/**
 * The loser may bill its prompt: at the dearest endpoint it has to be small, and within what the
 * organization may cost the platform.
 */
function affordable({ payer }: Running, { admission }: Hedge, { losses }: Rooms): boolean {
  const cost = admission.cover.promptCost();
  return cost <= promptCostMax && losses.take(payer.organization.id, cost);
}

function giveUp(running: Running, failed: AttemptOut, other: AttemptOut): void {
  const fault = failed.failure;
  const record = failed.conclude(fault ? outcomeOf(fault, failed.candidate) : 'FAILED', fault);
  running.log.append({
    type: 'RouteChanged',
    failed: record,
    next: other.candidate.endpoint,
  });
  takeOver(running, other, running.attempts.length + 1);
}

/** The caller sees who answers now. */
export function takeOver(running: Running, out: AttemptOut, attempt: number): void {
  const { candidate } = out;
  running.endpoint = candidate.endpoint;
  running.outputCap = out.outputCap;
  running.ownKey = candidate.ownKey ?? null;
  running.droppedParameters = candidate.droppedParameters;
  running.log.append({ type: 'CompletionStarted', endpoint: candidate.endpoint, attempt });
}
