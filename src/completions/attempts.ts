import type { RouteCandidate } from '#routing';
import type { Admission } from './admit.ts';
import { continuationOf } from './continuation.ts';
import { demandCover } from './demand-cover.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './running.ts';
import { type FailedAttempt, stream } from './stream.ts';

/**
 * Tries the endpoints of the route, one after the other, until one gives content or none is left.
 * What fails before content is told and the next one is tried; a fault of the caller's own is not
 * tried elsewhere; what breaks off after content is gone on with where the caller wants it.
 */
export async function attempts(
  running: Running,
  admission: Admission,
  rooms: Rooms,
): Promise<void> {
  const wanted = { contextAbove: 0 };
  const candidates = rooms.router.attempts(
    admission.route,
    ({ endpoint }) => endpoint.contextLength > wanted.contextAbove,
  );
  const take = (): RouteCandidate | null => candidates.next().value ?? null;

  const nextAfter = (failed: FailedAttempt): RouteCandidate | null => {
    if (failed.next === 'none') return null;
    if (failed.next === 'larger context') {
      wanted.contextAbove = failed.candidate.endpoint.contextLength;
    }
    if (failed.afterContent && !payable(running, admission, rooms)) return null;
    return take();
  };

  let candidate = take();
  let afterContent = false;
  while (candidate && !running.ending) {
    if (!(await demandCover(running, admission, afterContent))) return;
    const continuation = afterContent ? await continuationOf(running) : null;
    const failed = await stream(running, { admission, candidate, continuation, take }, rooms);
    if (!failed) return;
    const next = nextAfter(failed);
    const event = { type: 'RouteChanged', failed: failed.record } as const;
    running.log.append({ ...event, next: next?.endpoint ?? null });
    if (!next) {
      running.end({ kind: failed.afterContent ? 'brokeOff' : 'exhausted', fault: failed.fault });
    }
    afterContent = failed.afterContent;
    candidate = next;
  }
}

/** A continuation sends the prompt a second time, at the platform's expense. */
function payable(running: Running, { route, cover }: Admission, { losses }: Rooms): boolean {
  const costs = route.able.map((candidate) => cover.costAt(candidate, 0));
  const cost = costs.reduce((dear, each) => (each > dear ? each : dear), 0n);
  return losses.take(running.payer.organization.id, cost);
}
