import type { Incidents as Kept, Seen } from '#catalog';
import type { Clock, Log, Timer } from '#kernel';
import type { StatusChange } from './health.ts';
import type { Router } from './router.ts';

export interface IncidentsOptions {
  readonly clock: Clock;
  readonly log: Log;
  readonly router: Pick<Router, 'onStatus'>;
  readonly kept: Kept;
}

/** Trouble that passes sooner is noise: a rate limit comes and goes with every second. */
const settledMs = 10_000;
const repeatMs = 30_000;

/**
 * Decides what of the breakers' life is worth keeping for everybody. Nodes tell each other of
 * breakers that open and close, so DOWN and its end are kept at once; what each node finds for
 * itself, DEGRADED, only once it has stood for ten seconds. What stands is said again every half
 * minute, so that an incident ends with the nodes that saw it. Returns how to stop it.
 */
export function keepIncidents(options: IncidentsOptions): () => Promise<void> {
  const { clock, log, router, kept } = options;
  const settling = new Map<string, Timer>();
  const standing = new Map<string, Seen>();
  let news = new Map<string, Seen>();
  let writing: Promise<void> | null = null;

  const failed = (error: unknown) => {
    log.warn('What endpoints went through was not kept; what stands is said again.', { error });
  };

  /** One write at a time; what comes meanwhile goes together with the next, the newest of each. */
  const write = async () => {
    while (news.size > 0) {
      const batch = [...news.values()];
      news = new Map();
      await kept.changed(batch).catch(failed);
    }
    writing = null;
  };

  const settled = (seen: Seen) => {
    settling.delete(seen.endpointId);
    if (seen.status === 'UP' && !standing.has(seen.endpointId)) return;
    if (seen.status === 'UP') standing.delete(seen.endpointId);
    else standing.set(seen.endpointId, seen);
    news.set(seen.endpointId, seen);
    writing ??= write();
  };

  const stopHearing = router.onStatus((change) => {
    settling.get(change.endpointId)?.cancel();
    settling.delete(change.endpointId);
    const seen = seenIn(change);
    if (!seen) return;
    if (isShared(change)) return settled(seen);
    settling.set(
      seen.endpointId,
      clock.after(settledMs, () => settled(seen)),
    );
  });
  const repeating = clock.every(repeatMs, () => {
    if (!writing) kept.standing([...standing.values()]).catch(failed);
  });

  return async () => {
    stopHearing();
    repeating.cancel();
    for (const timer of settling.values()) timer.cancel();
    await writing;
  };
}

const isShared = ({ previous, current }: StatusChange) =>
  previous === 'DOWN' || current.status === 'DOWN';

function seenIn({ endpointId, current: { status, reason } }: StatusChange): Seen | null {
  return status === 'UP' || status === 'DEGRADED' || status === 'DOWN'
    ? { endpointId, status, reason }
    : null;
}
