import { LRUCache } from 'lru-cache';
import type { Clock } from '#kernel';

/** What is measured of an endpoint at present; null without traffic. */
export interface Medians {
  readonly timeToFirstTokenMs: number | null;
  readonly tokensPerSecond: number | null;
}

/** What one attempt took; null for what it does not tell. */
export type Sample = Medians;

/** Live figures of endpoints, from wherever they come. */
export interface LiveFigures {
  medians(endpointId: string): Medians | null;
  /** Whether any endpoint was measured before and is no more. */
  readonly trialsDue: boolean;
  /**
   * True once in a while for an endpoint that was measured before and is no more: the next request
   * that wants speed tries it, or it would never be known to have recovered.
   */
  takeTrial(endpointId: string): boolean;
}

/** How far back samples count: when half of them changed, the median has. */
const windowMs = 10_000;
const samplesMax = 128;
/** Beyond these the ones that were not measured for the longest time are forgotten. */
const endpointsMax = 10_000;
/** Between two trials of an endpoint that has no figure any more. */
const trialEveryMs = 5_000;

interface Track {
  readonly samples: { readonly atMs: number; readonly sample: Sample }[];
  /** Null: not worked out since the newest sample. Most requests never ask. */
  medians: Medians | null;
  newestMs: number;
  triedMs: number;
}

/** The router's own window over its own attempts. */
export class Pace {
  readonly #clock: Clock;
  /** Used is what is measured: to be looked at is not. */
  readonly #tracks = new LRUCache<string, Track>({ max: endpointsMax });

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  observe(endpointId: string, sample: Sample): void {
    const atMs = this.#clock.monotonic();
    const known = this.#tracks.peek(endpointId);
    const track = known ?? { samples: [], medians: null, newestMs: 0, triedMs: atMs };
    this.#tracks.set(endpointId, track);
    track.samples.push({ atMs, sample });
    const oldest = track.samples.findIndex((each) => atMs - each.atMs < windowMs);
    track.samples.splice(0, Math.max(oldest, track.samples.length - samplesMax));
    track.newestMs = atMs;
    track.medians = null;
  }

  /**
   * An attempt that was cut short before its first token took at least so long; that counts only
   * when it is longer than usual, or impatience would make endpoints look fast.
   */
  observeAtLeast(endpointId: string, waitedMs: number): void {
    const usual = this.medians(endpointId)?.timeToFirstTokenMs ?? null;
    if (usual !== null && waitedMs <= usual) return;
    this.observe(endpointId, { timeToFirstTokenMs: waitedMs, tokensPerSecond: null });
  }

  /** Live figures as they stand now: to be looked at by one request, not to be kept. */
  now(): LiveFigures {
    const nowMs = this.#clock.monotonic();
    const [eldest] = this.#tracks.rvalues();
    return {
      medians: (endpointId) => this.medians(endpointId, nowMs),
      trialsDue: eldest !== undefined && nowMs - eldest.newestMs >= windowMs,
      takeTrial: (endpointId) => this.takeTrial(endpointId),
    };
  }

  medians(endpointId: string, nowMs = this.#clock.monotonic()): Medians | null {
    const track = this.#tracks.peek(endpointId);
    if (!track || nowMs - track.newestMs >= windowMs) return null;
    track.medians ??= mediansOf(track.samples.map(({ sample }) => sample));
    return track.medians;
  }

  takeTrial(endpointId: string): boolean {
    const track = this.#tracks.peek(endpointId);
    const now = this.#clock.monotonic();
    if (!track || now - track.newestMs < windowMs || now - track.triedMs < trialEveryMs) {
      return false;
    }
    track.triedMs = now;
    return true;
  }
}

const mediansOf = (samples: readonly Sample[]): Medians => ({
  timeToFirstTokenMs: median(samples.map((sample) => sample.timeToFirstTokenMs)),
  tokensPerSecond: median(samples.map((sample) => sample.tokensPerSecond)),
});

/** By nearest rank; null of nothing. */
function median(values: readonly (number | null)[]): number | null {
  const sorted = values.filter((value) => value !== null).sort((left, right) => left - right);
  return sorted[Math.ceil(sorted.length / 2) - 1] ?? null;
}
