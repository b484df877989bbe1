import type { AttemptRecord } from '#credits';
import type { Fault } from '#kernel';
import type { RouteCandidate } from '#routing';
import { type UpstreamCall, type UpstreamEvent, UpstreamFault } from '#upstream';
import type { Admission } from './admit.ts';
import { Meter } from './meter.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './running.ts';
import { Transcript } from './transcript.ts';
import { upstreamCall } from './upstream-call.ts';

export interface FailedAttempt {
  readonly attempt: AttemptRecord;
  readonly fault: Fault;
  readonly afterContent: boolean;
  /** Nothing else may be tried. */
  readonly final: boolean;
}

interface Attempt {
  readonly admission: Admission;
  readonly candidate: RouteCandidate;
}

/** Makes one attempt and passes on what comes. Null when the run has ended with it; else how it failed. */
export async function stream(
  running: Running,
  attempt: Attempt,
  rooms: Rooms,
): Promise<FailedAttempt | null> {
  const { endpoint } = attempt.candidate;
  const startedAt = new Date(rooms.clock.now()).toISOString();
  const startedMs = rooms.clock.monotonic();
  const record = (outcome: AttemptRecord['outcome'], fault?: UpstreamFault): AttemptRecord => {
    const made = {
      endpointId: endpoint.id,
      startedAt,
      durationMs: rooms.clock.monotonic() - startedMs,
      outcome,
      httpStatus: fault?.httpStatus ?? null,
      message: fault?.public ?? null,
    };
    running.attempts.push(made);
    return made;
  };

  const call = upstreamCall(running, attempt);
  begin(running, attempt);
  try {
    await receive(running, { attempt, call }, rooms);
    record(running.ending?.kind === 'answered' ? 'SUCCEEDED' : 'CANCELLED');
    rooms.router.report(endpoint, { ok: true });
    return null;
  } catch (thrown) {
    if (running.ending) {
      record('CANCELLED');
      return null;
    }
    const fault = asUpstreamFault(thrown);
    rooms.router.report(endpoint, { ok: false, fault });
    return failure(running, fault, record);
  } finally {
    running.coalescer.flush();
  }
}

function begin(running: Running, { candidate, admission }: Attempt): void {
  running.step('send');
  running.endpoint = candidate.endpoint;
  running.transcript = new Transcript();
  running.droppedParameters = candidate.droppedParameters;
  const attempt = running.attempts.length + 1;
  running.log.append({ type: 'CompletionStarted', endpoint: candidate.endpoint, attempt });
  admission.began(candidate);
}

async function receive(
  running: Running,
  { attempt, call }: { attempt: Attempt; call: UpstreamCall },
  rooms: Rooms,
): Promise<void> {
  const { endpoint } = attempt.candidate;
  const connector = rooms.connectors(endpoint.provider.connector);
  const meter = new Meter(attempt.admission, attempt.candidate, call);
  for await (const batch of connector.send(call, running.signal)) {
    take(running, batch);
    if (!meter.covers(running.transcript)) running.end({ kind: 'budget' });
    if (running.ending) return;
  }
  const cut = running.transcript.finish?.unified === 'LENGTH' && meter.cappedByCredits;
  running.end({ kind: cut ? 'budget' : 'answered' });
}

/** What one read brought: kept, and passed on. The first content commits the attempt. */
function take(running: Running, batch: readonly UpstreamEvent[]): void {
  for (const event of batch) {
    const content = running.transcript.add(event);
    if (content && running.state === 'TRYING') {
      running.step('content');
      running.timeToFirstTokenMs = running.elapsedMs();
    }
  }
  running.coalescer.push(batch);
}

function failure(
  running: Running,
  fault: UpstreamFault,
  record: (outcome: AttemptRecord['outcome'], fault: UpstreamFault) => AttemptRecord,
): FailedAttempt {
  const afterContent = running.state === 'ANSWERING';
  if (!afterContent) running.step('fail');
  const outcome = afterContent ? 'BROKE_OFF' : attemptOutcome(fault);
  return {
    attempt: record(outcome, fault),
    fault,
    afterContent,
    final: afterContent || fault.callersFault,
  };
}

function attemptOutcome(fault: UpstreamFault): AttemptRecord['outcome'] {
  if (fault.code === 'UPSTREAM_TIMEOUT') return 'TIMED_OUT';
  if (fault.failure === 'RATE_LIMITED') return 'RATE_LIMITED';
  return fault.callersFault || fault.failure === 'CREDENTIAL' ? 'REJECTED' : 'FAILED';
}

/** A connector that throws anything else is at fault itself; the caller is told no more than that it failed. */
function asUpstreamFault(thrown: unknown): UpstreamFault {
  if (thrown instanceof UpstreamFault) return thrown;
  return new UpstreamFault({ failure: 'MALFORMED', cause: thrown });
}
