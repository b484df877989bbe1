import type { Clock } from '#kernel';
import { Minute } from './minute.ts';
import type { SharedMinutes } from './shared-minutes.ts';

/** How a key stands to its limit. */
export interface RequestLimit {
  readonly allowed: boolean;
  /** Requests, or points, in any minute. */
  readonly limit: number;
  /** What could be taken now. */
  readonly remaining: number;
  /** When there is something to take again; when something remains, when all of it is there. */
  readonly resetAt: Date;
  /** Whole milliseconds until the next one is allowed; 0 when one is now. */
  readonly retryAfterMs: number;
}

export interface Limits {
  /**
   * Counts a request of `key`, or as many points as it is worth, if `perMinute` allows it: never
   * more than that in any 60 s. A refused one is free.
   */
  take(key: string, perMinute: number, worth?: number): RequestLimit;
  /** The same figures, with nothing counted. */
  look(key: string, perMinute: number): RequestLimit;
  /**
   * The same for all nodes together, where there is a Redis: waits for it, and while it does not
   * answer counts here. What it says is what `look` knows from then on.
   */
  takeShared(key: string, perMinute: number): Promise<RequestLimit>;
  lookShared(key: string, perMinute: number): Promise<RequestLimit>;
}

export interface LimitsOptions {
  readonly clock: Clock;
  /** Absent: this process is all there is. */
  readonly shared?: SharedMinutes | null;
}

const sweepMs = 60_000;

/** Request rates. A key that made no request for a minute takes no memory. */
export function openLimits({ clock, shared = null }: LimitsOptions): Limits {
  const minutes = new Map<string, Minute>();
  let sweptAtMs = clock.monotonic();

  const sweep = (nowMs: number) => {
    if (nowMs - sweptAtMs < sweepMs) return;
    sweptAtMs = nowMs;
    for (const [key, minute] of minutes) if (minute.total(nowMs) === 0) minutes.delete(key);
  };

  const look = (key: string, perMinute: number, worth = 1): RequestLimit => {
    const nowMs = clock.monotonic();
    const minute = minutes.get(key);
    const remaining = Math.max(0, perMinute - (minute?.total(nowMs) ?? 0));
    // A limit of 0 never allows one: then it says what a minute from now would say again.
    const allowed = remaining >= worth;
    const waitMs = minute?.msUntil(perMinute - worth, nowMs) ?? sweepMs;
    const retryAfterMs = allowed ? 0 : Math.ceil(waitMs);
    const fullInMs = allowed ? (minute?.msUntil(0, nowMs) ?? 0) : retryAfterMs;
    const resetAt = new Date(clock.now() + fullInMs);
    return { allowed, limit: perMinute, remaining, resetAt, retryAfterMs };
  };

  const take: Limits['take'] = (key, perMinute, worth = 1) => {
    const nowMs = clock.monotonic();
    sweep(nowMs);
    const minute = minutes.get(key) ?? new Minute();
    const remaining = Math.max(0, perMinute - minute.total(nowMs));
    if (remaining < worth) return look(key, perMinute, worth);
    minutes.set(key, minute);
    minute.add(nowMs, worth);
    return { ...look(key, perMinute), allowed: true, retryAfterMs: 0 };
  };

  /** Whether it fits for all nodes together, whose count is known here then; null: not known. */
  const learn = async (key: string, perMinute: number, worth: number) => {
    const count = await shared?.take(key, perMinute, worth);
    if (count) minutes.set(key, count.minute);
    return count?.taken ?? null;
  };

  return {
    take,
    look: (key, perMinute) => look(key, perMinute),
    async takeShared(key, perMinute) {
      const own = take(key, perMinute); // at once, so that `look` counts it from here on
      const taken = own.allowed ? await learn(key, perMinute, 1) : null;
      if (taken === null) return own;
      const known = look(key, perMinute);
      return { ...known, allowed: taken, retryAfterMs: taken ? 0 : known.retryAfterMs };
    },
    async lookShared(key, perMinute) {
      await learn(key, perMinute, 0);
      return look(key, perMinute);
    },
  };
}
