import type { AttemptRecord } from '#credits';
import { invariant, type LinkedAbort, linkAborts } from '#kernel';
import { throughputOf } from '#metrics';
import type { AttemptResult, OwnKey, RouteCandidate } from '#routing';
import {
  isContent,
  type ProviderQuota,
  type UpstreamCall,
  type UpstreamEvent,
  UpstreamFault,
} from '#upstream';
import type { Admission } from '../admit.ts';
import type { Rooms } from '../rooms.ts';
import type { Running } from '../runs/running.ts';
import type { Turns } from './turns.ts';
import { vectorEvents } from './vector-events.ts';

/** What an attempt is made of. */
export interface AttemptPlan {
  readonly admission: Admission;
  readonly candidate: RouteCandidate;
  readonly call: UpstreamCall;
  /** Told what the endpoint turns out to refuse. */
  readonly turns: Turns;
}

type Batch = readonly UpstreamEvent[];

/** How it got as far as its first content. */
export type Opening = 'content' | 'ended' | 'failed';

/**
 * One attempt that is out at a provider. Until somebody decides for it, it goes as far as its first
 * content and rests there, so that two of them may race; what came so far is kept. From then on
 * every batch is received on the turn on which it was read.
 */
export class AttemptOut {
  readonly candidate: RouteCandidate;
  readonly #running: Running;
  readonly #plan: AttemptPlan;
  readonly #rooms: Rooms;
  readonly #abort: LinkedAbort;
  readonly #ended: Promise<void>;
  readonly #startedMs: number;
  readonly #startedAt: string;
  readonly #held: Batch[] = [];
  readonly #opening = Promise.withResolvers<Opening>();
  readonly #chosen = Promise.withResolvers<void>();
  #receive: ((batch: Batch) => void) | null = null;
  #failure: { readonly thrown: unknown } | null = null;
  #firstContentMs: number | null = null;
  /** Of an attempt that failed: the parameters that the endpoint does not take after all. */
  refusedParameters: readonly string[] = [];

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
    this.#ended = embedding
      ? vectorEvents({ connector, embedding, call }, signal, this.#take)
      : connector.send(call, signal, this.#take);
    this.#ended.then(
      () => this.#opening.resolve('ended'),
      (thrown) => {
        this.#failure = { thrown };
        this.#opening.resolve('failed');
      },
    );
  }

  /** How it got as far as its first content, which commits it; never throws. */
  opened(): Promise<Opening> {
    return this.#opening.promise;
  }

  /**
   * Hands on every batch, from the first on. Resolves at a proper end; throws what the connector
   * threw.
   */
  async received(receive: (batch: Batch) => void): Promise<void> {
    this.#receive = receive;
    try {
      for (const batch of this.#held.splice(0)) receive(batch);
    } catch (thrown) {
      this.#abort.abort(thrown);
      throw thrown;
    }
    this.#chosen.resolve();
    await this.#ended;
  }

  /** Content is here: of the first, what it took is known. */
  contentSeen(): void {
    this.#firstContentMs ??= this.#rooms.clock.monotonic() - this.#startedMs;
  }

  /** The output cap that was sent. */
  get outputCap(): number {
    return this.#plan.call.request.maxTokens;
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
    const { stream } = this.#plan.call;
    const record = {
      endpointId: endpoint.id,
      providerKeyId: ownKey?.id ?? null,
      startedAt: this.#startedAt,
      durationMs: this.#rooms.clock.monotonic() - this.#startedMs,
      outcome,
      streamed: stream,
      timeToFirstTokenMs: stream ? this.#firstContentMs : null,
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
    if (fault) this.refusedParameters = this.#plan.turns.learn(this.candidate, fault);
    return record;
  }

  /** What the provider says to an own key is the organization's to know; an outage says nothing. */
  #noteUse({ id }: OwnKey, fault: UpstreamFault | null): void {
    const { providerKeys } = this.#rooms;
    const refused = fault?.failure === 'CREDENTIAL' || fault?.failure === 'RATE_LIMITED';
    if (refused) providerKeys.used(id, fault.public);
    else if (this.hasContent || fault?.callersFault) providerKeys.used(id, null);
  }

  /** Lost a race: the provider is left at once, and nothing of it is charged. */
  cancel(): void {
    this.conclude('CANCELLED');
    this.#abort.abort(new UpstreamFault({ failure: 'CUT' }));
  }

  readonly #hearQuota = (quota: ProviderQuota): void =>
    this.#rooms.router.heard(this.candidate, quota);

  /** Only a stream tells when its first token came. */
  #measure({ outcome, streamed, durationMs, timeToFirstTokenMs: first }: AttemptRecord): void {
    const { router } = this.#rooms;
    const { endpoint } = this.candidate;
    if (!streamed) return;
    if (outcome === 'SUCCEEDED' && first !== null) {
      const tokens = this.#running.transcript.usage?.completion ?? 0;
      const tokensPerSecond = throughputOf(tokens, durationMs - first);
      router.measured(endpoint, { timeToFirstTokenMs: first, tokensPerSecond });
    } else if (first === null && (outcome === 'CANCELLED' || outcome === 'TIMED_OUT')) {
      router.measured(endpoint, { waitedMs: durationMs });
    }
  }

  readonly #take = (batch: Batch): Promise<void> | void => {
    if (this.#receive) return this.#receive(batch);
    this.#held.push(batch);
    if (!batch.some(isContent)) return;
    this.contentSeen();
    this.#opening.resolve('content');
    return this.#chosen.promise;
  };
}

function resultOf(outcome: AttemptRecord['outcome'], fault: UpstreamFault | null): AttemptResult {
  if (fault) return fault;
  return outcome === 'SUCCEEDED' ? 'SUCCEEDED' : 'ABANDONED';
}

/**
 * A key of the organization's own that is refused, or that may not use the model, says nothing of
 * the endpoint; with the platform's credential there is no answer for anybody.
 */
export function outcomeOf(
  fault: UpstreamFault,
  { ownKey }: RouteCandidate,
): AttemptRecord['outcome'] {
  if (fault.code === 'UPSTREAM_TIMEOUT') return 'TIMED_OUT';
  if (fault.failure === 'RATE_LIMITED') return 'RATE_LIMITED';
  const refused = fault.failure === 'CREDENTIAL' || fault.failure === 'UNKNOWN_MODEL';
  return fault.callersFault || (refused && ownKey) ? 'REJECTED' : 'FAILED';
}
