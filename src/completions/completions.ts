import type { EndedCredential, Principal } from '#identity';
import type { Completion, Content } from './completion.ts';
import type { CostEstimate, EstimateInput } from './cost/estimate.ts';
import type { EventFlow } from './events/events.ts';
import type { CompletionsQuestion, CompletionsSlice } from './history/list.ts';
import type { EmbedInput } from './input/embed-input.ts';
import type { CompletionInput } from './input/input.ts';

/** The reason of a viewer's abort when its socket went away without saying goodbye. */
export class ConnectionLost extends Error {
  override readonly name = 'ConnectionLost';
}

export interface StartOptions {
  /** Whether the caller reads it as a stream; for the record only. */
  readonly streamed: boolean;
  /** Runs on to its end whoever is watching. */
  readonly detached?: boolean;
  /**
   * How long a keyed completion outlives its last viewer, in milliseconds, 0 to 60,000; 15,000 by
   * default.
   */
  readonly graceMs?: number;
  /**
   * After the first content, deltas are gathered for at most this long, 0 to 250; 20 by default.
   */
  readonly coalesceMs?: number;
  /**
   * A graphql-ws operation id that is a UUID: stands in for an idempotency key among the kept
   * events.
   */
  readonly operationId?: string;
  /** Of several that are started under one key: which one. Each has a key of its own. */
  readonly lane?: number;
}

export interface Started {
  readonly id: string;
  /** The completion as it stands now. */
  completion(): Completion;
  /**
   * Every event after the number `after`, in order, in batches of those that are there together;
   * ends after the last one. Attaches a viewer: when `signal` aborts (or the iterator is returned)
   * it has left, for good, or, when the reason is a `ConnectionLost`, until it comes back.
   */
  events(after: number, signal?: AbortSignal): EventFlow;
  /**
   * Resolves with the ended completion; it never rejects for a failure, which is the completion's
   * `error`. Attaches a viewer like `events`: when `signal` aborts the caller has left.
   */
  wait(signal?: AbortSignal): Promise<Completion>;
  /** Whether it was refused before a provider was tried; known once it has ended. */
  readonly refused: boolean;
}

export interface Embedding {
  readonly completion: Completion;
  /** In the order of the texts. */
  readonly vectors: readonly (readonly number[])[] | null;
}

/** The door of the room. */
export interface Completions {
  /**
   * Starts a completion, or joins the one with the same key. Throws UNAUTHENTICATED, FORBIDDEN or
   * NOT_FOUND when the caller may run none at all; every other refusal is a completion that failed:
   * one event, nothing charged.
   */
  start(principal: Principal, input: CompletionInput, options: StartOptions): Promise<Started>;
  /**
   * The vectors of some texts, charged like a completion; refused like one. They are null when it
   * failed (its `error` says why) or when they are kept no longer.
   */
  embed(principal: Principal, input: EmbedInput, signal?: AbortSignal): Promise<Embedding>;
  /** What a prompt would cost on several models; sends and starts nothing. Throws INVALID_INPUT. */
  estimate(principal: Principal, input: EstimateInput): Promise<readonly CostEstimate[]>;
  /**
   * One that runs, on whatever node, or whose events are still kept; null otherwise, and when what
   * it says is not the caller's to read.
   */
  join(principal: Principal, id: string): Promise<Started | null>;
  /** Running or ended, from memory or the database; null when it does not exist for this caller. */
  find(principal: Principal, id: string): Promise<Completion | null>;
  /**
   * Ended ones of an organization that the caller may read, newest first, or, walking backward,
   * oldest first.
   */
  list(
    principal: Principal,
    asked: { readonly question: CompletionsQuestion; readonly slice: CompletionsSlice },
  ): Promise<readonly Completion[]>;
  /** How many of them there are, counted up to `most`. */
  count(question: CompletionsQuestion, most: number): Promise<number>;
  /**
   * Those of an organization that run, at once, then each on every change of its status; what this
   * caller may see of them. Nothing is replayed; above 20 changes a second only ends are told. Ends
   * with the signal.
   */
  watch(
    principal: Principal,
    question: CompletionsQuestion,
    signal: AbortSignal,
  ): AsyncIterable<Completion>;
  /**
   * Cancels and waits for the settlement; an ended one is returned unchanged; null like `find`.
   * FORBIDDEN to who may only read.
   */
  cancel(principal: Principal, id: string): Promise<Completion | null>;
  /** Ends every run of a revoked key, or of a secret of it that was replaced. */
  endRunsOf(ended: EndedCredential): void;
  /** Ends every run of a member who has left. */
  endRunsOfMember(membershipId: string): void;
  /**
   * What was said in one that was found, as far as this caller may read it now: to whoever ran it
   * for ten minutes, to those who may read content as long as the organization keeps it.
   */
  content(principal: Principal, completion: Completion): Promise<Content | null>;
  /** Until when; null while it runs, in the past when the caller may not read it. */
  readableUntil(principal: Principal, completion: Completion): Date | null;
  /** Waits up to `graceMs` for the runs to end, then ends them at nobody's cost. */
  drain(graceMs: number): Promise<void>;
  /** Writes what is to be kept; after `drain`. */
  close(): Promise<void>;
  /** Runs that have not ended. */
  readonly running: number;
}
