import type { Endpoint } from '#catalog';
import type { Clock, Timer } from '#kernel';
import type { UpstreamFault } from '#upstream';
import { Breaker, type Outcome } from './breaker.ts';
import type { Refusal } from './rejection.ts';

export type EndpointStatus = 'UP' | 'DEGRADED' | 'DOWN' | 'NOT_CONFIGURED' | 'DISABLED';

export interface Condition {
  readonly status: EndpointStatus;
  /** Why it is not UP. */
  readonly reason: string | null;
  readonly since: Date;
}

/** What one node tells the others about an endpoint. */
export interface BreakerNotice {
  readonly endpoint: string;
  readonly state: 'OPEN' | 'CLOSED' | 'PAUSED';
  /** Milliseconds since the epoch: until when it is left alone; null when it is CLOSED. */
  readonly until: number | null;
}

/** An endpoint became better or worse, by what happened here or on another node. */
export interface StatusChange {
  readonly endpointId: string;
  readonly previous: EndpointStatus;
  readonly current: Condition;
}

/**
 * How an attempt ended. `ABANDONED`: cancelled by us or by the caller, which says nothing about the
 * endpoint.
 */
export type AttemptResult = 'SUCCEEDED' | 'ABANDONED' | UpstreamFault;

/**
 * Built to fail: they never trip a breaker nor turn DOWN, so that everybody always meets their
 * fault.
 */
const faultModels: ReadonlySet<string> = new Set([
  'sandbox/fail-500',
  'sandbox/fail-429',
  'sandbox/hang',
  'sandbox/cut-after-10',
  'sandbox/malformed',
  'sandbox/slow-first-token',
  'sandbox/no-usage',
]);

const sweepMs = 1_000;
/** A rate limit without Retry-After: long enough not to run into it again with every request. */
const pauseMsDefault = 1_000;

interface Entry {
  readonly breaker: Breaker;
  observed: Condition;
}

/** The breakers of all endpoints, and what they amount to for those who look. */
export class Health {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #noticeListeners = new Set<(notice: BreakerNotice) => void>();
  readonly #statusListeners = new Set<(change: StatusChange) => void>();
  #sweep: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Takes the endpoint for an attempt, which is then to be reported; or says why it must be left
   * alone.
   */
  take(endpoint: Endpoint): Refusal | null {
    const refusal = this.refusal(endpoint);
    if (!refusal) this.#entries.get(endpoint.id)?.breaker.admit();
    return refusal;
  }

  /** Why the endpoint must be left alone now; null when it may be used. */
  refusal(endpoint: Endpoint): Refusal | null {
    const breaker = this.#entries.get(endpoint.id)?.breaker;
    return breaker ? refusalBy(breaker) : null;
  }

  /** Whether it failed lately, more than ordinary noise: it is tried after those that did not. */
  troubled(endpoint: Endpoint): boolean {
    return this.#entries.get(endpoint.id)?.breaker.troubled ?? false;
  }

  report(endpoint: Endpoint, result: AttemptResult): void {
    if (endpoint.provider.sandbox && faultModels.has(endpoint.model.slug)) return;
    const { breaker } = this.#entry(endpoint.id);
    const before = breaker.state;
    breaker.record(outcomeOf(result));
    const pauseMs = pauseOf(result);
    if (pauseMs > 0) breaker.pause(pauseMs);
    if (breaker.state !== before) this.#announceState(endpoint.id, breaker);
    if (pauseMs > 0) this.#announce(endpoint.id, 'PAUSED', breaker.pausedMs);
    this.#observe(endpoint.id);
  }

  /** What another node found out. */
  apply(notice: BreakerNotice): void {
    const { breaker } = this.#entry(notice.endpoint);
    const remainingMs = (notice.until ?? 0) - this.#clock.now();
    if (notice.state === 'CLOSED') breaker.close();
    else if (remainingMs > 0 && notice.state === 'OPEN') breaker.openFor(remainingMs);
    else if (remainingMs > 0) breaker.pause(remainingMs);
    this.#observe(notice.endpoint);
  }

  status(endpoint: Endpoint): Condition {
    const { provider, createdAt, removedAt } = endpoint;
    const gone = removedAt ?? provider.removedAt;
    if (gone) return { status: 'DISABLED', reason: 'It is no longer offered.', since: gone };
    if (!endpoint.enabled) {
      return { status: 'DISABLED', reason: 'An administrator took it out.', since: createdAt };
    }
    if (!provider.configured) {
      const reason = `The platform has no access to ${provider.name} yet.`;
      return { status: 'NOT_CONFIGURED', reason, since: createdAt };
    }
    if (this.#entries.has(endpoint.id)) return this.#observe(endpoint.id);
    return { status: 'UP', reason: null, since: createdAt };
  }

  /** To be told what the other nodes should know. Returns how to stop it. */
  onNotice(listener: (notice: BreakerNotice) => void): () => void {
    this.#noticeListeners.add(listener);
    return () => this.#noticeListeners.delete(listener);
  }

  /** To be told when an endpoint becomes UP, DEGRADED or DOWN. Returns how to stop it. */
  onStatus(listener: (change: StatusChange) => void): () => void {
    this.#statusListeners.add(listener);
    return () => this.#statusListeners.delete(listener);
  }

  close(): void {
    this.#sweep?.cancel();
    this.#sweep = null;
  }

  #entry(endpointId: string): Entry {
    const known = this.#entries.get(endpointId);
    if (known) return known;
    const observed: Condition = { status: 'UP', reason: null, since: new Date(this.#clock.now()) };
    const entry = { breaker: new Breaker(this.#clock), observed };
    this.#entries.set(endpointId, entry);
    return entry;
  }

  #announceState(endpointId: string, { state, blockedMs }: Breaker): void {
    if (state === 'OPEN' && blockedMs > 0) this.#announce(endpointId, 'OPEN', blockedMs);
    if (state === 'CLOSED') this.#announce(endpointId, 'CLOSED', null);
  }

  #announce(endpoint: string, state: BreakerNotice['state'], forMs: number | null): void {
    const until = forMs === null ? null : this.#clock.now() + forMs;
    for (const listener of this.#noticeListeners) listener({ endpoint, state, until });
  }

  /** Notes the status of now and tells when it is another one than before. */
  #observe(endpointId: string): Condition {
    const entry = this.#entry(endpointId);
    const { status, reason } = conditionOf(entry.breaker);
    const previous = entry.observed;
    const changed = status !== previous.status;
    const since = changed ? new Date(this.#clock.now()) : previous.since;
    entry.observed = { status, reason, since };
    if (status !== 'UP') this.#sweepLater();
    if (changed) {
      const change = { endpointId, previous: previous.status, current: entry.observed };
      for (const listener of this.#statusListeners) listener(change);
    }
    return entry.observed;
  }

  /** Trouble passes with time alone: while there is any, somebody has to look. */
  #sweepLater(): void {
    this.#sweep ??= this.#clock.after(sweepMs, () => {
      this.#sweep = null;
      for (const [endpointId, { observed }] of this.#entries) {
        if (observed.status !== 'UP') this.#observe(endpointId);
      }
    });
  }
}

export function outcomeOf(result: AttemptResult): Outcome {
  if (result === 'SUCCEEDED') return 'SUCCEEDED';
  if (result === 'ABANDONED' || result.callersFault) return 'SPARED';
  // A rate limit is no failure: the endpoint works, for others or a little later.
  return result.failure === 'RATE_LIMITED' ? 'SPARED' : 'FAILED';
}

export function pauseOf(result: AttemptResult): number {
  if (typeof result === 'string' || result.callersFault) return 0;
  return result.retryAfterMs ?? (result.failure === 'RATE_LIMITED' ? pauseMsDefault : 0);
}

/** Why what the breaker guards must be left alone now; null when it may be used. */
export function refusalBy({ pausedMs, blockedMs, failedTrials }: Breaker): Refusal | null {
  if (blockedMs > pausedMs) return refused(failedTrials > 0 ? 'DOWN' : 'TRIPPED', blockedMs);
  return pausedMs > 0 ? refused('RATE_LIMITED', pausedMs) : null;
}

function conditionOf(breaker: Breaker): Pick<Condition, 'status' | 'reason'> {
  if (breaker.forgotten) {
    return {
      status: 'DEGRADED',
      reason: 'It failed when it was last used; the next request tries it.',
    };
  }
  if (breaker.state !== 'CLOSED') {
    return { status: 'DOWN', reason: 'It keeps failing and is tried again from time to time.' };
  }
  if (breaker.pausedMs > 0) {
    return { status: 'DEGRADED', reason: 'The provider limits the rate of requests.' };
  }
  if (breaker.troubled) {
    return { status: 'DEGRADED', reason: 'Some requests of the last 30 s failed.' };
  }
  return { status: 'UP', reason: null };
}

const liveReasons = {
  RATE_LIMITED: 'Its provider limits the rate of requests and asked to be left alone',
  TRIPPED: 'It failed too often and is left alone',
  DOWN: 'It failed again when it was last tried and is left alone',
} as const;

function refused(code: keyof typeof liveReasons, waitMs: number): Refusal {
  const retryAfterMs = Math.ceil(waitMs);
  const seconds = Math.ceil(waitMs / 1_000);
  const reason = `${liveReasons[code]} for another ${seconds} s.`;
  return { code, setting: null, reason, retryAfterMs };
}
