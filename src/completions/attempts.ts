import { anyPasses, type RouteCandidate } from '#routing';
import type { Admission } from './admit.ts';
import { continuationOf } from './attempt/continuation.ts';
import { Turns } from './attempt/turns.ts';
import { demandCover } from './cost/demand-cover.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './runs/running.ts';
import { type FailedAttempt, stream } from './stream.ts';

/**
 * Tries the endpoints of the route, one after the other, until one gives content or none is left.
 * A failure before content is reported and the next endpoint is tried, except for a caller's own
 * error, which is not tried elsewhere. An answer that breaks off after content is continued if the
 * caller asked for it.
 */
export async function attempts(
  running: Running,
  admission: Admission,
  rooms: Rooms,
): Promise<void> {
  const wanted: Wanted = { contextAbove: 0, billedLike: null };
  const turns = new Turns(admission.route, rooms.router, (candidate) => fits(candidate, wanted));

  const nextAfter = (failed: FailedAttempt): RouteCandidate | null => {
    if (failed.next === 'none') return null;
    if (failed.next === 'larger context') {
      wanted.contextAbove = failed.candidate.endpoint.contextLength;
    }
    if (failed.afterContent) {
      if (!failed.candidate.ownKey && !payable(running, admission, rooms)) return null;
      wanted.billedLike = failed.candidate;
    }
    return turns.next();
  };

  try {
    let candidate = turns.next();
    let afterContent = false;
    let toMend = 0;
    while (candidate && !running.ending) {
      if (!(await demandCover(running, admission, afterContent))) return;
      const continuation = afterContent ? await continuationOf(running) : null;
      const failed = await stream(running, { admission, candidate, continuation, turns }, rooms);
      if (!failed) return;
      if (failed.fault.needsMending) toMend++;
      const next = nextAfter(failed);
      const event = { type: 'RouteChanged', failed: failed.record } as const;
      running.log.append({ ...event, next: next?.endpoint ?? null });
      if (!next) {
        const last = lastFault(running, failed);
        const lasting = toMend === running.attempts.length && !anyPasses(admission.route.rejected);
        const fault = lasting ? last.asLasting() : last;
        running.end({ kind: failed.afterContent ? 'brokeOff' : 'exhausted', fault });
      }
      afterContent = failed.afterContent;
      candidate = next;
    }
  } finally {
    turns.leave();
    rooms.answers.dropped(running.id);
  }
}

/** The last failure; if a preference of the caller's ruled out another try, it names that. */
function lastFault({ request }: Running, { fault, refusedParameters }: FailedAttempt) {
  if (!request.preferences.requireParameters || refusedParameters.length === 0) return fault;
  const names = refusedParameters.join(', ');
  return fault.advising(`It would be tried without ${names} if \`requireParameters\` were false.`);
}

/** Which of the remaining endpoints may be tried. */
interface Wanted {
  contextAbove: number;
  /**
   * Goes on with what this one began: whose bill the answer is on, the provider's or ours, cannot
   * change in its middle.
   */
  billedLike: RouteCandidate | null;
}

const fits = ({ endpoint, ownKey }: RouteCandidate, { contextAbove, billedLike }: Wanted) =>
  endpoint.contextLength > contextAbove && (!billedLike || !billedLike.ownKey === !ownKey);

/** A continuation sends the prompt a second time, at the platform's expense. */
const payable = ({ payer }: Running, { cover }: Admission, { losses }: Rooms) =>
  losses.take(payer.organization.id, cover.promptCost());
