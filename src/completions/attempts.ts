import type { RouteCandidate } from '#routing';
import type { Admission } from './admit.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './running.ts';
import { type FailedAttempt, stream } from './stream.ts';

/**
 * Tries the endpoints of the route, one after the other, until one gives content or none is left. What fails before
 * content is told and the next one is tried; a fault of the caller's own is not tried elsewhere.
 */
export async function attempts(
  running: Running,
  admission: Admission,
  rooms: Rooms,
): Promise<void> {
  const candidates = rooms.router.attempts(admission.route);
  const next = (): RouteCandidate | null => candidates.next().value ?? null;

  let candidate = next();
  while (candidate && !running.ending) {
    const failed: FailedAttempt | null = await stream(running, { admission, candidate }, rooms);
    if (!failed) return;
    candidate = failed.final ? null : next();
    running.log.append({
      type: 'RouteChanged',
      failed: failed.attempt,
      next: candidate?.endpoint ?? null,
    });
    if (!candidate)
      running.end({ kind: failed.afterContent ? 'brokeOff' : 'exhausted', fault: failed.fault });
  }
  // Every endpoint was taken out of the route between admission and here.
  if (!running.ending) running.end({ kind: 'exhausted', fault: admission.route.unavailable() });
}
