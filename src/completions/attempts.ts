import type { RouteCandidate } from '#routing';
import type { Admission } from './admit.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './running.ts';
import { stream } from './stream.ts';

/**
 * Tries the endpoints of the route, one after the other, until one gives content or none is left.
 * What fails before content is told and the next one is tried; a fault of the caller's own is not
 * tried elsewhere.
 */
export async function attempts(
  running: Running,
  admission: Admission,
  rooms: Rooms,
): Promise<void> {
  const candidates = rooms.router.attempts(admission.route);
  const take = (): RouteCandidate | null => candidates.next().value ?? null;

  let candidate = take();
  while (candidate && !running.ending) {
    const failed = await stream(running, { admission, candidate }, rooms);
    if (!failed) return;
    const next: RouteCandidate | null = failed.final ? null : take();
    const event = { type: 'RouteChanged', failed: failed.record } as const;
    running.log.append({ ...event, next: next?.endpoint ?? null });
    if (!next) {
      const kind = failed.afterContent ? 'brokeOff' : 'exhausted';
      running.end({ kind, fault: failed.fault });
    }
    candidate = next;
  }
}
