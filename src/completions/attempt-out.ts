import type { AttemptRecord } from '#credits';
import { invariant, type LinkedAbort, linkAborts } from '#kernel';
import type { AttemptResult, OwnKey, RouteCandidate } from '#routing';
import {
  isContent,
  type ProviderQuota,
  type UpstreamCall,
  type UpstreamEvent,
  UpstreamFault,
} from '#upstream';
import type { Admission } from './admit.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './running.ts';
import { vectorEvents } from './vector-events.ts';

/** What an attempt is made of. */
export interface AttemptPlan {
  readonly admission: Admission;
  readonly candidate: RouteCandidate;
  readonly call: UpstreamCall;
}

type Batch = readonly UpstreamEvent[];

/** How it got as far as its first content. */
export type Opening = 'content' | 'ended' | 'failed';

/**
 * One attempt that is out at a provider. It can be pulled as far as its first content before
 * anybody decides for it, so that two of them may race; what came so far is kept.
 */
export class AttemptOut {
  readonly candidate: RouteCandidate;
  readonly #running: Running;
  readonly #plan: AttemptPlan;
  readonly #rooms: Rooms;
  readonly #abort: LinkedAbort;
  readonly #batches: AsyncIterator<Batch>;
  readonly #startedMs: number;
  readonly #startedAt: string;
  readonly #held: Batch[] = [];
  #failure: { readonly thrown: unknown } | null = null;
  #opening: Promise<Opening> | null = null;
  #firstContentMs: number | null = null;

  constructor(running: Running, plan: AttemptPlan, rooms: Rooms) {
    this.candidate = plan.candidate;
    this.#running = running;
    this.#plan = plan;
    this.#rooms = rooms;
    this.#startedMs = rooms.clock.monotonic();
    this.#startedAt = new Date(rooms.clock.now()).toISOString();
    this.#abort = linkAborts(running.signal);
    const connector = rooms.connectors(plan.candidate.endpoint.provider.connector);
    invariant(connector, 'an endpoint without a connector is never a candidate');
    const { embedding } = running.request;
    const call = { ...plan.call, onQuota: this.#hearQuota };
    const { signal } = this.#abort;
    const events = embedding
      ? vectorEvents({ connector, embedding, call }, signal)
      : connector.send(call, signal);
    this.#batches = events[Symbol.asyncIterator]();
  }

  /** Pulls as far as the first content, which commits it; never throws. */
  opened(): Promise<Opening> {
    this.#opening ??= this.#open();
    return this.#opening;
  }

  /** The next batch, from the first on; null at the end. Throws what the connector threw. */
  async next(): Promise<Batch | null> {
    if (this.#opening) {
      const opening = await this.#opening;
      const held = this.#held.shift();
      if (held) return held;
      if (this.#failure) throw this.#failure.thrown;
      if (opening === 'ended') return null;
    }
    const read = await this.#batches.next();
    return read.done ? null : read.value;
  }

  /** Content is here: of the first, what it took is known. */
  contentSeen(): void {
    this.#firstContentMs ??= this.#rooms.clock.monotonic() - this.#startedMs;
  }

  get hasContent(): boolean {
    return this.#firstContentMs !== null;
  }

  /** What the connector threw, as a fault that names the provider. */
  faultOf(thrown: unknown): UpstreamFault {
    const fault =
      thrown instanceof UpstreamFault
        ? thrown
        : // A connector that throws anything else is at fault itself.
          new UpstreamFault({ failure: 'MALFORMED', cause: thrown });
    const { endpoint, ownKey } = this.candidate;
    return fault.of(endpoint.provider.name, ownKey !== undefined);
  }

  /** Why it failed before content; null when it did not. */
  get failure(): UpstreamFault | null {
    return this.#failure && this.faultOf(this.#failure.thrown);
  }

  /** Writes it down and tells the router; once, at its end. */
  conclude(outcome: AttemptRecord['outcome'], fault: UpstreamFault | null = null): AttemptRecord {
    const { endpoint, ownKey } = this.candidate;
    const record = {
      endpointId: endpoint.id,
      providerKeyId: ownKey?.id ?? null,
      startedAt: this.#startedAt,
      durationMs: this.#rooms.clock.monotonic() - this.#startedMs,
      outcome,
      timeToFirstTokenMs: this.#firstContentMs,
      httpStatus: fault?.httpStatus ?? null,
      message: fault?.public ?? null,
    };
    const { attempts } = this.#running;
    attempts.push(record);
    // The loser of a race ends before the winner, which may have been started first.
    attempts.sort((left, right) => left.startedAt.localeCompare(right.startedAt));
    this.#abort.release();
    const { router } = this.#rooms;
    this.#measure(record);
    router.report(this.#plan.admission.route, this.candidate, resultOf(outcome, fault));
    if (ownKey) this.#noteUse(ownKey, fault);
    return record;
  }

  /** What the provider says to an own key is the organization's to know; an outage says nothing. */
  #noteUse({ id }: OwnKey, fault: UpstreamFault | null): void {
    const { providerKeys } = this.#rooms;
    const refused = fault?.failure === 'CREDENTIAL' || fault?.failure === 'RATE_LIMITED';
    if (refused) providerKeys.used(id, fault.public);
    else if (this.hasContent || fault?.callersFault) providerKeys.used(id, null);
  }

  /** Whether what failed was a parameter that this endpoint does not take after all. */
  learnFrom(fault: UpstreamFault): boolean {
    const { admission } = this.#plan;
    return this.#rooms.router.learn(admission.route, this.candidate, fault);
  }

  /** Lost a race: the provider is left at once, and nothing of it is charged. */
  cancel(): void {
    this.conclude('CANCELLED');
    this.#abort.abort(new UpstreamFault({ failure: 'CUT' }));
    // Closes the connection when it is not being read; a read that is out is ended by the abort.
    this.#batches.return?.()?.catch(() => {});
  }

  readonly #hearQuota = (quota: ProviderQuota): void =>
    this.#rooms.router.heard(this.candidate, quota);

  /** Only a stream tells when its first token came. */
  #measure({ outcome, durationMs }: AttemptRecord): void {
    const { router } = this.#rooms;
    const { endpoint } = this.candidate;
    const first = this.#firstContentMs;
    if (!this.#plan.call.stream) return;
    if (outcome === 'SUCCEEDED' && first !== null) {
      const tokens = this.#running.transcript.usage?.completion ?? 0;
      const secondsAfterFirst = (durationMs - first) / 1_000;
      const tokensPerSecond =
        tokens > 1 && secondsAfterFirst > 0 ? (tokens - 1) / secondsAfterFirst : null;
      router.measured(endpoint, { timeToFirstTokenMs: first, tokensPerSecond });
    } else if (first === null && (outcome === 'CANCELLED' || outcome === 'TIMED_OUT')) {
      router.measured(endpoint, { waitedMs: durationMs });
    }
  }

  async #open(): Promise<Opening> {
    try {
      for (;;) {
        const read = await this.#batches.next();
        if (read.done) return 'ended';
        this.#held.push(read.value);
        if (!read.value.some(isContent)) continue;
        this.contentSeen();
        return 'content';
      }
    } catch (thrown) {
      this.#failure = { thrown };
      return 'failed';
    }
  }
}

function resultOf(outcome: AttemptRecord['outcome'], fault: UpstreamFault | null): AttemptResult {
  if (fault) return fault;
  return outcome === 'SUCCEEDED' ? 'SUCCEEDED' : 'ABANDONED';
}

export function outcomeOf(fault: UpstreamFault): AttemptRecord['outcome'] {
  if (fault.code === 'UPSTREAM_TIMEOUT') return 'TIMED_OUT';
  if (fault.failure === 'RATE_LIMITED') return 'RATE_LIMITED';
  const refused = fault.failure === 'CREDENTIAL' || fault.failure === 'UNKNOWN_MODEL';
  return fault.callersFault || refused ? 'REJECTED' : 'FAILED';
}
