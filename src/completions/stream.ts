import type { AttemptRecord } from '#credits';
import { type Fault, invariant } from '#kernel';
import type { AttemptResult, RouteCandidate } from '#routing';
import { isContent, type UpstreamCall, type UpstreamEvent, UpstreamFault } from '#upstream';
import type { Admission } from './admit.ts';
import { Meter } from './meter.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './running.ts';
import { Transcript } from './transcript.ts';
import { upstreamCall } from './upstream-call.ts';

export interface Attempt {
  readonly admission: Admission;
  readonly candidate: RouteCandidate;
}

export interface FailedAttempt {
  readonly record: AttemptRecord;
  readonly fault: Fault;
  readonly afterContent: boolean;
  /** Nothing else may be tried. */
  readonly final: boolean;
}

/**
 * Makes one attempt and passes on what comes. Null when the run has ended with it; else how it
 * failed.
 */
export async function stream(
  running: Running,
  attempt: Attempt,
  rooms: Rooms,
): Promise<FailedAttempt | null> {
  const { admission, candidate } = attempt;
  const timing = { startedAt: new Date(rooms.clock.now()), startedMs: rooms.clock.monotonic() };
  const note = (outcome: AttemptRecord['outcome'], fault: UpstreamFault | null): AttemptRecord => {
    const record = {
      endpointId: candidate.endpoint.id,
      startedAt: timing.startedAt.toISOString(),
      durationMs: rooms.clock.monotonic() - timing.startedMs,
      outcome,
      timeToFirstTokenMs: running.firstContentAfter(timing.startedMs),
      httpStatus: fault?.httpStatus ?? null,
      message: fault?.public ?? null,
    };
    running.attempts.push(record);
    return record;
  };
  const report = (result: AttemptResult) =>
    rooms.router.report(admission.route, candidate.endpoint, result);

  begin(running, candidate);
  try {
    const answered = await receive(running, attempt, rooms);
    note(answered ? 'SUCCEEDED' : 'CANCELLED', null);
    report(answered ? 'SUCCEEDED' : 'ABANDONED');
    return null;
  } catch (thrown) {
    if (running.ending) {
      note('CANCELLED', null);
      report('ABANDONED');
      return null;
    }
    const fault = asUpstreamFault(thrown).of(candidate.endpoint.provider.name);
    report(fault);
    return failure(running, fault, note);
  } finally {
    running.coalescer.flush();
  }
}

function begin(running: Running, { endpoint, droppedParameters }: RouteCandidate): void {
  running.step('send');
  running.endpoint = endpoint;
  running.transcript = new Transcript();
  running.droppedParameters = droppedParameters;
  const attempt = running.attempts.length + 1;
  running.log.append({ type: 'CompletionStarted', endpoint, attempt });
}

/**
 * True when the provider ended properly; false when the run was ended first, by the budget or from
 * outside.
 */
async function receive(running: Running, attempt: Attempt, rooms: Rooms): Promise<boolean> {
  const { admission, candidate } = attempt;
  const connector = rooms.connectors(candidate.endpoint.provider.connector);
  invariant(connector, 'an endpoint without a connector is never a candidate');
  const cap = admission.cover.outputCap(candidate, admission.hold.affordable);
  const call: UpstreamCall = upstreamCall(running, candidate, cap.tokens);
  const meter = new Meter(admission, candidate, cap);
  for await (const batch of connector.send(call, running.signal)) {
    const pieces = take(running, batch);
    if (!meter.covers(running.transcript, pieces)) running.end({ kind: 'budget' });
    if (running.ending) return false;
  }
  const stopped = meter.stoppedByCredits(running.transcript);
  running.coalescer.flush();
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
  running.coalescer.push(batch);
  return pieces;
}

function failure(
  running: Running,
  fault: UpstreamFault,
  note: (outcome: AttemptRecord['outcome'], fault: UpstreamFault) => AttemptRecord,
): FailedAttempt {
  const afterContent = running.state === 'ANSWERING';
  if (!afterContent) running.step('fail');
  const record = note(afterContent ? 'BROKE_OFF' : outcomeOf(fault), fault);
  return { record, fault, afterContent, final: afterContent || fault.callersFault };
}

function outcomeOf(fault: UpstreamFault): AttemptRecord['outcome'] {
  if (fault.code === 'UPSTREAM_TIMEOUT') return 'TIMED_OUT';
  if (fault.failure === 'RATE_LIMITED') return 'RATE_LIMITED';
  return fault.callersFault || fault.failure === 'CREDENTIAL' ? 'REJECTED' : 'FAILED';
}

/**
 * A connector that throws anything else is at fault itself; the caller is told no more than that it
 * failed.
 */
function asUpstreamFault(thrown: unknown): UpstreamFault {
  return thrown instanceof UpstreamFault
    ? thrown
    : new UpstreamFault({ failure: 'MALFORMED', cause: thrown });
}
