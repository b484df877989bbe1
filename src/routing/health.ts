import type { Endpoint } from '#catalog';
import type { Clock, Timer } from '#kernel';
import type { ProviderQuota } from '#upstream';
import {
  type AttemptResult,
  concernsCredential,
  credentialOutcomeOf,
  outcomeOf,
  pauseOf,
  sparedUnlessGood,
} from './attempt-result.ts';
import { Breaker } from './breaker.ts';
import {
  type Condition,
  conditionOf,
  type EndpointStatus,
  withheldCondition,
} from './condition.ts';
import { isFaultModel } from './fault-models.ts';
import { credentialReasons, failureReasons, quotaReasons, refused } from './left-alone.ts';
import { type Line, platformCredential } from './line.ts';
import { Lines } from './lines.ts';
import type { Refusal } from './rejection.ts';

/** What one node tells the others about an endpoint. */
export interface BreakerNotice {
  readonly endpoint: string;
  /** Whose id it concerns alone; null when it concerns the endpoint whoever asks. */
  readonly credential: string | null;
  readonly state: 'OPEN' | 'CLOSED' | 'PAUSED' | 'TROUBLED';
  /** Milliseconds since the epoch: until when it holds; null when it is CLOSED. */
  readonly until: number | null;
}

/** An endpoint became better or worse, by what happened here or on another node. */
export interface StatusChange {
  readonly endpointId: string;
  readonly previous: EndpointStatus;
  readonly current: Condition;
}

const sweepMs = 1_000;
/** Trouble is told for so long, and told again halfway while it lasts: one message may be lost. */
const troubledMs = 10_000;

/** `since` is null of what was never otherwise. */
type Observed = Omit<Condition, 'since'> & { readonly since: Date | null };

interface Entry {
  readonly breaker: Breaker;
  observed: Observed;
  /** Monotonic: from when on the other nodes are to be told of its trouble. */
  troubleToldAgainAt: number;
}

/**
 * The breakers of all endpoints and of the credentials that they are asked with, and what they
 * amount to for those who look.
 */
export class Health {
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  readonly #lines: Lines;
  /** Those that were out and get their traffic back. */
  readonly #recovering = new Set<string>();
  readonly #noticeListeners = new Set<(notice: BreakerNotice) => void>();
  readonly #statusListeners = new Set<(change: StatusChange) => void>();
  #sweep: Timer | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lines = new Lines(clock);
  }

  /**
   * Takes the endpoint for an attempt with a prompt of so many tokens, which is then to be
   * reported; or says why it must be left alone.
   */
  take(endpoint: Endpoint, credential = platformCredential, tokens = 0): Refusal | null {
    const refusal = this.refusal(endpoint, credential, tokens);
    if (refusal) return refusal;
    this.#breakerFor(endpoint.id, credential)?.admit();
    this.#lines.get(endpoint.id, credential)?.take(tokens);
    return null;
  }

  /** Why the endpoint must be left alone now; null when it may be used. */
  refusal(endpoint: Endpoint, credential = platformCredential, tokens = 0): Refusal | null {
    const breaker = this.#breakerFor(endpoint.id, credential);
    const line = this.#lines.get(endpoint.id, credential);
    const blockedMs = breaker?.blockedMs ?? 0;
    const refusedMs = line?.breaker.blockedMs ?? 0;
    const pausedMs = Math.max(breaker?.pausedMs ?? 0, line?.pausedMs ?? 0);
    const shortMs = line?.shortMs(tokens) ?? 0;
    const longest = Math.max(blockedMs, refusedMs, pausedMs, shortMs);
    if (longest === 0) return null;
    if (longest === shortMs) return refused('RATE_LIMITED', shortMs, quotaReasons);
    if (longest === pausedMs) return refused('RATE_LIMITED', pausedMs);
    const reasons = longest === blockedMs ? failureReasons : credentialReasons;
    const trials = (longest === blockedMs ? breaker : line?.breaker)?.failedTrials ?? 0;
    return refused(trials > 0 ? 'DOWN' : 'TRIPPED', longest, reasons);
  }

  /** Whether it failed lately, more than ordinary noise: it is tried after those that did not. */
  troubled(endpoint: Endpoint, credential = platformCredential): boolean {
    return (
      this.#breakerFor(endpoint.id, credential)?.troubled === true ||
      this.#lines.get(endpoint.id, credential)?.breaker.troubled === true
    );
  }

  /** Whether there is any endpoint that should get less than its ordinary traffic. */
  get recovering(): boolean {
    return this.#recovering.size > 0;
  }

  /** What part of it this one should get: less than 1 for a while after it was out. */
  warmth(endpoint: Endpoint, credential = platformCredential): number {
    if (credential !== platformCredential || !this.#recovering.has(endpoint.id)) return 1;
    const warmth = this.#entries.get(endpoint.id)?.breaker.warmth ?? 1;
    if (warmth === 1) this.#recovering.delete(endpoint.id);
    return warmth;
  }

  report(endpoint: Endpoint, result: AttemptResult, credential = platformCredential): void {
    if (isFaultModel(endpoint)) return;
    this.#reportLine(endpoint.id, result, credential);
    if (credential !== platformCredential) return;
    const { breaker } = this.#entry(endpoint.id);
    const before = breaker.state;
    breaker.record(outcomeOf(result));
    const pauseMs = concernsCredential(result) ? 0 : pauseOf(result);
    if (pauseMs > 0) breaker.pause(pauseMs);
    const whose = { endpoint: endpoint.id, credential: null };
    if (breaker.state !== before) this.#announceState(whose, breaker);
    if (pauseMs > 0) this.#announce({ ...whose, state: 'PAUSED', ms: pauseMs });
    this.#observe(endpoint.id);
  }

  /** What the provider says that its limits leave to the credential. */
  heard(endpoint: Endpoint, quota: ProviderQuota, credential = platformCredential): void {
    if (isFaultModel(endpoint)) return;
    this.#lines.hear(endpoint.id, credential, quota);
    if (quota.requestsLeft <= 0) {
      this.#announce({ endpoint: endpoint.id, credential, state: 'PAUSED', ms: quota.resetMs });
    }
    if (credential === platformCredential) this.#observe(endpoint.id);
  }

  /** What another node found out. */
  apply({ endpoint, credential, state, until }: BreakerNotice): void {
    const { breaker } =
      credential === null ? this.#entry(endpoint) : this.#lines.of(endpoint, credential);
    const remainingMs = (until ?? 0) - this.#clock.now();
    // It forgives who left it alone; what was counted here by who did not, stands.
    if (state === 'CLOSED' && breaker.state !== 'CLOSED') breaker.close();
    if (state === 'CLOSED' && credential === null) this.#recovering.add(endpoint);
    if (remainingMs > 0 && state === 'OPEN') breaker.openFor(remainingMs);
    if (remainingMs > 0 && state === 'PAUSED') breaker.pause(remainingMs);
    if (remainingMs > 0 && state === 'TROUBLED') breaker.troubleFor(remainingMs);
    this.#observe(endpoint);
  }

  status(endpoint: Endpoint): Condition {
    const withheld = withheldCondition(endpoint);
    if (withheld) return withheld;
    const observed = this.#entries.has(endpoint.id) ? this.#observe(endpoint.id) : neverInTrouble;
    return { ...observed, since: observed.since ?? endpoint.createdAt };
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

  /** What is seen with an own key says nothing of the endpoint, and the other way round. */
  #breakerFor(endpointId: string, credential: string): Breaker | undefined {
    if (credential !== platformCredential) return undefined;
    return this.#entries.get(endpointId)?.breaker;
  }

  /**
   * Of the platform's credential: whether it is refused, and how often it may ask. Of an own key
   * everything.
   */
  #reportLine(endpoint: string, result: AttemptResult, credential: string): void {
    const concerned = credential !== platformCredential || concernsCredential(result);
    const known = this.#lines.get(endpoint, credential);
    if (!known && !concerned) return;
    const { breaker } = known ?? this.#lines.of(endpoint, credential);
    const before = breaker.state;
    breaker.record(concerned ? credentialOutcomeOf(result) : sparedUnlessGood(result));
    const pauseMs = concerned ? pauseOf(result) : 0;
    if (pauseMs > 0) breaker.pause(pauseMs);
    const whose = { endpoint, credential };
    if (breaker.state !== before) this.#announceState(whose, breaker);
    if (pauseMs > 0) this.#announce({ ...whose, state: 'PAUSED', ms: pauseMs });
    this.#lines.forgetQuiet(endpoint, credential);
  }

  #entry(endpointId: string): Entry {
    const known = this.#entries.get(endpointId);
    if (known) return known;
    const breaker = new Breaker(this.#clock);
    const entry = { breaker, observed: neverInTrouble, troubleToldAgainAt: 0 };
    this.#entries.set(endpointId, entry);
    return entry;
  }

  #announceState(whose: Whose, { state, blockedMs }: Breaker): void {
    if (state === 'OPEN' && blockedMs > 0) {
      this.#announce({ ...whose, state: 'OPEN', ms: blockedMs });
    }
    if (state !== 'CLOSED') return;
    this.#announce({ ...whose, state: 'CLOSED', ms: null });
    if (whose.credential === null) this.#recovering.add(whose.endpoint);
  }

  #announce({ endpoint, credential, state, ms }: Announcement): void {
    const until = ms === null ? null : this.#clock.now() + ms;
    for (const listener of this.#noticeListeners) listener({ endpoint, credential, state, until });
  }

  /** Notes the status of now and tells when it is another one than before. */
  #observe(endpointId: string): Observed {
    const entry = this.#entry(endpointId);
    const line = this.#lines.get(endpointId, platformCredential);
    const now = conditionOf(entry.breaker, line);
    const { status: previous, since } = entry.observed;
    const changed = now.status !== previous;
    const current = { ...now, since: new Date(this.#clock.now()) };
    entry.observed = changed ? current : { ...now, since };
    if (now.status !== 'UP') this.#sweepLater();
    this.#tellTrouble(endpointId, entry, line);
    if (changed) {
      for (const listener of this.#statusListeners) listener({ endpointId, previous, current });
    }
    return entry.observed;
  }

  /**
   * Failures that open no breaker are seen where they happen: the others are told of them, so that
   * a status is what all nodes together saw.
   */
  #tellTrouble(endpoint: string, entry: Entry, line: Line | undefined): void {
    const now = this.#clock.monotonic();
    if (now < entry.troubleToldAgainAt) return;
    const told = { endpoint, state: 'TROUBLED', ms: troubledMs } as const;
    const inTrouble = [
      ...(failsAtTimes(entry.breaker) ? [null] : []),
      ...(line && failsAtTimes(line.breaker) ? [platformCredential] : []),
    ];
    if (inTrouble.length > 0) entry.troubleToldAgainAt = now + troubledMs / 2;
    for (const credential of inTrouble) this.#announce({ ...told, credential });
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

const neverInTrouble: Observed = { status: 'UP', reason: null, since: null };

/** What opens it is told as that. */
const failsAtTimes = ({ failsHere, state }: Breaker) => failsHere && state === 'CLOSED';

type Whose = Pick<BreakerNotice, 'endpoint' | 'credential'>;

interface Announcement extends Whose {
  readonly state: BreakerNotice['state'];
  readonly ms: number | null;
}
