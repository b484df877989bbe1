import type { AttemptRecord } from '#credits';
import type { RouteCandidate } from '#routing';
import { isContent, type UpstreamEvent, type UpstreamFault } from '#upstream';
import type { Admission } from './admit.ts';
import { refuseExcess } from './attempt/answer-limit.ts';
import { AttemptOut, outcomeOf } from './attempt/attempt-out.ts';
import { type Continuation, mayContinue } from './attempt/continuation.ts';
import { raced, takeOver } from './attempt/hedge.ts';
import { Transcript } from './attempt/transcript.ts';
import type { Turns } from './attempt/turns.ts';
import { upstreamCall } from './attempt/upstream-call.ts';
import { Meter } from './meter.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './runs/running.ts';

export interface Attempt {
  readonly admission: Admission;
  readonly candidate: RouteCandidate;
  /** Goes on with what another endpoint began; null for a first attempt. */
  readonly continuation: Continuation | null;
  /** Who else may be tried, for a second attempt beside this one. */
  readonly turns: Turns;
}

export interface FailedAttempt {
  readonly record: AttemptRecord;
  readonly fault: UpstreamFault;
  readonly afterContent: boolean;
  /** Of whom it was. */
  readonly candidate: RouteCandidate;
  /** What its endpoint does not take after all. */
  readonly refusedParameters: readonly string[];
  /** What may be tried now: nothing, any other endpoint, or one with a larger context. */
  readonly next: 'none' | 'any' | 'larger context';
}

/**
 * Makes one attempt, or two if the first is late (a hedge), and passes on what it yields. Returns
 * null if the run ended with it, else how the attempt failed.
 */
export async function stream(
  running: Running,
  attempt: Attempt,
  rooms: Rooms,
): Promise<FailedAttempt | null> {
  begin(running, attempt);
  let out = send(running, attempt, rooms);
  takeOver(running, out, running.attempts.length + 1);
  if (running.request.hedgeAfterMs !== null && !attempt.continuation) {
    out = await raced(running, { first: out, hedge: hedgeOf(running, attempt, rooms) }, rooms);
  }
  try {
    const answered = await receive(
      running,
      { ...attempt, candidate: out.candidate },
      { out, rooms },
    );
    out.conclude(answered ? 'SUCCEEDED' : 'CANCELLED');
    return null;
  } catch (thrown) {
    if (!running.ending) return failure(running, out, out.faultOf(thrown));
    out.conclude('CANCELLED');
    return null;
  }
}

function begin(running: Running, { continuation }: Attempt): void {
  // What was said stays: the run has given content and goes on giving it.
  if (continuation) return;
  running.step('send');
  running.transcript = new Transcript();
}

function send(running: Running, attempt: Attempt, rooms: Rooms): AttemptOut {
  const { admission, candidate, continuation, turns } = attempt;
  const cap = capOf(attempt);
  const call = upstreamCall(running, candidate, {
    maxTokens: Math.max(1, cap.tokens - (continuation?.delivered ?? 0)),
    messages: continuation?.messages ?? null,
  });
  return new AttemptOut(running, { admission, candidate, call, turns }, rooms);
}

const capOf = ({ admission, candidate }: Attempt) =>
  admission.cover.outputCap(candidate, admission.hold.affordable);

function hedgeOf(running: Running, attempt: Attempt, rooms: Rooms) {
  return {
    admission: attempt.admission,
    second() {
      const candidate = attempt.turns.untried();
      return candidate && send(running, { ...attempt, candidate }, rooms);
    },
  };
}

/**
 * True when the provider ended properly; false when the run was ended first, by the budget or from
 * outside.
 */
async function receive(
  running: Running,
  attempt: Attempt,
  { out, rooms: { answers } }: { out: AttemptOut; rooms: Rooms },
): Promise<boolean> {
  const { admission, candidate, continuation } = attempt;
  const cap = capOf(attempt);
  const meter = new Meter(admission, candidate, cap);
  await out.received((batch) => {
    // What had come when it was cancelled was said.
    if (running.ending && running.ending.kind !== 'cancelled') return;
    const pieces = take(running, continuation?.overlap.pass(batch) ?? batch);
    if (pieces > 0) {
      out.contentSeen();
      running.continued ||= continuation !== null;
    }
    refuseExcess(running.transcript, cap.tokens);
    answers.holds(running.id, running.transcript.held);
    if (!meter.covers(running.transcript, pieces)) running.end({ kind: 'budget' });
  });
  if (running.ending) return false;
  const stopped = meter.stoppedByCredits(running.transcript);
  return running.end({ kind: stopped ? 'budget' : 'answered' });
}

/**
 * What one read brought: kept, and passed on. The first content commits the attempt. Returns the
 * pieces of content.
 */
function take(running: Running, batch: readonly UpstreamEvent[]): number {
  let pieces = 0;
  for (const event of batch) {
    running.transcript.add(event);
    if (isContent(event)) pieces++;
  }
  if (pieces > 0 && running.state === 'TRYING') {
    running.answers();
  }
  running.tell(batch);
  return pieces;
}

function failure(running: Running, out: AttemptOut, fault: UpstreamFault): FailedAttempt {
  const afterContent = running.state === 'ANSWERING';
  if (!afterContent) running.step('fail');
  const record = out.conclude(
    out.hasContent ? 'BROKE_OFF' : outcomeOf(fault, out.candidate),
    fault,
  );
  const { candidate, refusedParameters } = out;
  const refused = refusedParameters.length > 0;
  const next = refused && !afterContent ? 'any' : nextAfter(running, fault);
  return { record, fault, afterContent, candidate, refusedParameters, next };
}

/** A caller's own error is tried elsewhere only if a larger context or another protocol helps. */
function nextAfter(running: Running, fault: UpstreamFault): FailedAttempt['next'] {
  if (running.state === 'ANSWERING') {
    return mayContinue(running) && fault.failure !== 'EXCESS' ? 'any' : 'none';
  }
  if (fault.failure === 'CONTEXT_LENGTH') return 'larger context';
  return fault.callersFault && fault.failure !== 'UNSAID' ? 'none' : 'any';
}
