import type { Endpoint } from '#catalog';
import type { AttemptRecord, ChargeLine, SettlementRecord } from '#credits';
import type { Payer } from '#identity';
import type { Clock, Fault, Timer } from '#kernel';
import type { OwnKey } from '#routing';
import type { UpstreamEvent } from '#upstream';
import { Transcript } from '../attempt/transcript.ts';
import {
  type Completion,
  type Content,
  type FinishReason,
  noUsage,
  type Usage,
} from '../completion.ts';
import { type Ending, endings } from '../endings.ts';
import { deltasIn } from '../events/deltas.ts';
import { EventLog } from '../events/event-log.ts';
import type { CompletionRequest } from '../input/request.ts';
import { advance, type State, type Step } from '../lifecycle.ts';
import { EndedRun } from './ended-run.ts';
import type { Attachment, Owner, RunOfNode } from './run-of-node.ts';

/** What it came to. */
export interface RunBill {
  readonly usage: Usage;
  readonly lines: readonly ChargeLine[];
}

/** What a run is made with. */
export interface RunningOptions {
  readonly id: string;
  readonly request: CompletionRequest;
  readonly payer: Payer;
  readonly clock: Clock;
  readonly streamed: boolean;
  readonly detached: boolean;
  readonly graceMs: number;
  readonly coalesceMs: number;
  /** Whether whoever lost its connection can come back to it by a key. */
  readonly keyed: boolean;
  /** Content can be read for this long after the end. */
  readonly keepMs: number;
  /** Told each time that its status is another. */
  readonly statusChanged: (running: Running) => void;
}

/**
 * One completion of this node, from its start until it has settled: the only state that its steps
 * share. It knows what happened; it decides nothing. What is kept of it then is an `EndedRun`.
 */
export class Running implements RunOfNode {
  readonly id: string;
  readonly request: CompletionRequest;
  readonly payer: Payer;
  readonly log: EventLog;
  readonly attempts: AttemptRecord[] = [];
  readonly #options: RunningOptions;
  readonly #abort = new AbortController();
  readonly #createdAt: Date;
  readonly #startedMs: number;
  readonly #settled = Promise.withResolvers<EndedRun>();
  #state: State = 'QUEUED';
  #ending: Ending | null = null;
  #viewers = 0;
  #detached: boolean;
  #grace: Timer | undefined;
  #bill: RunBill | null = null;
  #lost: Fault | null = null;
  #concluded: Completion | null = null;
  #endedAt: Date | null = null;
  #timeToFirstTokenMs: number | null = null;
  #latencyMs: number | null = null;
  /** Of the attempt that is out, or that gave the answer. */
  endpoint: Endpoint | null = null;
  /** The organization's own credential that it is made with; null: the platform's. */
  ownKey: OwnKey | null = null;
  /** The output cap that went to its provider. */
  outputCap = 0;
  transcript = new Transcript();
  droppedParameters: readonly string[] = [];
  /** The idempotency key that it owns in the database, and without which it charges nothing. */
  claim: SettlementRecord['claim'] = null;
  /** It broke off at one endpoint and was gone on with at another. */
  continued = false;

  constructor(options: RunningOptions) {
    const { id, request, payer, clock } = options;
    this.#options = options;
    this.#detached = options.detached;
    this.id = id;
    this.request = request;
    this.payer = payer;
    this.log = new EventLog(id);
    this.#createdAt = new Date(clock.now());
    this.#startedMs = clock.monotonic();
  }

  get state(): State {
    return this.#state;
  }

  get ending(): Ending | null {
    return this.#ending;
  }

  /** Its record could not be made durable: it was not acknowledged. */
  get lost(): boolean {
    return this.#lost !== null;
  }

  get createdAt(): Date {
    return this.#createdAt;
  }

  /**
   * When it ended, whether or not it has been settled; now, while it runs. Never before it began:
   * the wall clock may be set back meanwhile.
   */
  get endedAt(): Date {
    const now = Math.max(this.#createdAt.getTime(), this.#options.clock.now());
    return this.#endedAt ?? new Date(now);
  }

  get streamed(): boolean {
    return this.#options.streamed;
  }

  /** Milliseconds for which deltas may wait for those behind them (docs/STREAM.md, 6). */
  get coalesceMs(): number {
    return this.#options.coalesceMs;
  }

  /** Whoever began it may come back to it by another node. */
  get lasting(): boolean {
    return this.#detached || this.request.idempotencyKey !== null;
  }

  /** Aborts when the run has ended before its provider did. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get hasEnded(): boolean {
    return this.#ending !== null;
  }

  get refused(): boolean {
    return this.#ending?.kind === 'refused';
  }

  /** Whoever pays for a run owns it. */
  get owner(): Owner {
    const { organization, apiKey, userId } = this.payer;
    return { organizationId: organization.id, apiKeyId: apiKey?.id ?? null, userId };
  }

  /** Resolves when the last event is in the log, with what is kept of it. */
  get settled(): Promise<EndedRun> {
    return this.#settled.promise;
  }

  /** Milliseconds since the run was started. */
  elapsedMs(): number {
    return this.#options.clock.monotonic() - this.#startedMs;
  }

  step(step: Step): void {
    this.#state = advance(this.#state, step);
    if (step === 'admit') this.#options.statusChanged(this);
  }

  /** The first content of an attempt: it is committed to. */
  answers(): void {
    this.step('content');
    this.#timeToFirstTokenMs = this.elapsedMs();
  }

  /** Tells what came together of the answer. */
  tell(batch: readonly UpstreamEvent[]): void {
    const deltas = deltasIn(batch);
    if (deltas.length > 0) this.log.append(...deltas);
  }

  /** The first ending counts: it stops what is out upstream; true when it was this one. */
  end(ending: Ending): boolean {
    if (this.#ending) return false;
    this.#ending = ending;
    this.#endedAt = this.endedAt;
    this.#latencyMs = this.elapsedMs();
    this.step('end');
    this.#grace?.cancel();
    // An answer that is whole leaves nothing to stop.
    if (ending.kind !== 'answered') this.#abort.abort(ending);
    return true;
  }

  /**
   * The last event: everything is known and durable. No bill when nothing was set aside; a fault
   * when the answer was there and its record could not be made durable: then it was not
   * acknowledged and costs nothing.
   */
  conclude(bill: RunBill | null, lost: Fault | null = null): void {
    this.#bill = bill;
    this.#lost = lost;
    this.step('acknowledge');
    const completion = this.completion();
    this.#concluded = completion;
    this.transcript = new Transcript();
    const { usage, finishReason, error } = completion;
    if (error) this.log.append({ type: 'CompletionFailed', error, usage, completion });
    else
      this.log.append({
        type: 'CompletionFinished',
        finishReason: finishReason ?? 'STOP',
        usage,
        completion,
      });
    this.#settled.resolve(new EndedRun(this.log.end(), this.refused));
    this.#options.statusChanged(this);
  }

  /**
   * Somebody watches. `leave` when they stop; the last one to leave ends a run that is not
   * detached.
   */
  attach(): Attachment {
    this.#viewers++;
    this.#grace?.cancel();
    let here = true;
    return {
      leave: (how) => {
        if (!here) return;
        here = false;
        this.#viewers--;
        if (this.#viewers === 0) this.#abandoned(how);
      },
    };
  }

  detach(): void {
    this.#detached = true;
    this.#grace?.cancel();
  }

  #abandoned(how: 'for good' | 'connection lost'): void {
    const { graceMs, keyed, clock } = this.#options;
    if (this.#detached || this.#ending) return;
    const comesBack = how === 'connection lost' && keyed;
    if (!comesBack) this.end({ kind: 'cancelled' });
    else this.#grace = clock.after(graceMs, () => this.end({ kind: 'cancelled' }));
  }

  /** The completion as it stands. */
  completion(): Completion {
    if (this.#concluded) return this.#concluded;
    const { payer, request } = this;
    return {
      id: this.id,
      organizationId: payer.organization.id,
      apiKeyId: payer.apiKey?.id ?? null,
      membershipId: payer.membershipId,
      userId: payer.userId,
      status: this.#status(),
      requestedModel: request.model,
      modelId: this.endpoint?.model.id ?? null,
      endpointId: this.endpoint?.id ?? null,
      finishReason: this.finishReason(),
      nativeFinishReason: this.transcript.finish?.raw ?? null,
      usage: this.#bill?.usage ?? noUsage,
      lines: this.#bill?.lines ?? [],
      attempts: [...this.attempts],
      droppedParameters: this.droppedParameters,
      error: this.#error(),
      createdAt: this.#createdAt,
      finishedAt: this.#endedAt,
      timeToFirstTokenMs: this.#timeToFirstTokenMs,
      latencyMs: this.#latencyMs,
      metadata: request.metadata,
      endUser: request.user,
      sessionId: request.sessionId,
      streamed: this.#options.streamed,
      app: request.app,
      content: this.#content(),
    };
  }

  /** Null while it runs and when it was refused. */
  finishReason(): FinishReason | null {
    if (!this.#ending) return null;
    const { finishReason } = endings[this.#ending.kind];
    if (finishReason !== 'as the provider said') return finishReason;
    return this.transcript.finish?.unified ?? 'STOP';
  }

  #error(): Fault | null {
    if (this.#lost) return this.#lost;
    return this.#ending && 'fault' in this.#ending ? this.#ending.fault : null;
  }

  #status(): Completion['status'] {
    if (this.#lost) return 'FAILED';
    if (this.#ending) return endings[this.#ending.kind].status;
    return this.#state === 'QUEUED' ? 'QUEUED' : 'RUNNING';
  }

  /** Some services say other words at that place: what the caller did not ask for is none. */
  #stopSequence(): string | null {
    const stop = this.transcript.finish?.stopSequence;
    return stop !== undefined && this.request.chat.stop?.includes(stop) ? stop : null;
  }

  #content(): Content {
    const { text, reasoning, reasoningDetails, refusal, annotations, toolCalls, images, vectors } =
      this.transcript;
    const end = this.#endedAt?.getTime();
    return {
      text,
      reasoning,
      reasoningDetails,
      refusal,
      annotations,
      toolCalls,
      images: [...images],
      stopSequence: this.#stopSequence(),
      vectors,
      messages: this.request.chat.messages,
      availableUntil: end === undefined ? null : new Date(end + this.#options.keepMs),
    };
  }
}
