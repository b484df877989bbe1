import type { Endpoint } from '#catalog';
import type { AttemptRecord } from '#credits';
import type { Fault, Flow } from '#kernel';
import type { Completion, FinishReason, Usage } from '../completion.ts';

/**
 * What a viewer of a completion sees (docs/STREAM.md). Events are numbered once, where they enter
 * the log, from 1. A delivered event covers the numbers `firstSequence` to `sequence`: one number,
 * or, in a replay, several deltas joined.
 */
export type CompletionEvent =
  | CompletionStarted
  | TextDelta
  | ReasoningDelta
  | ToolCallDelta
  | RouteChanged
  | CompletionFinished
  | CompletionFailed;

interface Numbered {
  readonly completionId: string;
  readonly sequence: number;
  readonly firstSequence: number;
}

/** An attempt goes upstream; the first event of everything that was not refused. */
export interface CompletionStarted extends Numbered {
  readonly type: 'CompletionStarted';
  readonly endpoint: Endpoint;
  /** From 1. */
  readonly attempt: number;
}

export interface TextDelta extends Numbered {
  readonly type: 'TextDelta';
  readonly text: string;
  /** The model says by it that it does not answer. */
  readonly refusal?: true;
}

export interface ReasoningDelta extends Numbered {
  readonly type: 'ReasoningDelta';
  readonly text: string;
  readonly details: unknown;
}

export interface ToolCallDelta extends Numbered {
  readonly type: 'ToolCallDelta';
  readonly index: number;
  readonly callId: string | null;
  readonly name: string | null;
  readonly arguments: string;
}

/** An attempt failed; `next` is who is tried now, null when nobody is left. */
export interface RouteChanged extends Numbered {
  readonly type: 'RouteChanged';
  readonly failed: AttemptRecord;
  readonly next: Endpoint | null;
}

/** Last event of a completion that gave an answer, sent once its charge is durable. */
export interface CompletionFinished extends Numbered {
  readonly type: 'CompletionFinished';
  readonly finishReason: FinishReason;
  readonly usage: Usage;
  readonly completion: Completion;
}

/** Last event of one that did not. */
export interface CompletionFailed extends Numbered {
  readonly type: 'CompletionFailed';
  readonly error: Fault;
  readonly usage: Usage;
  readonly completion: Completion;
}

/** Events in batches of those that are there together. */
export type EventFlow = Flow<readonly CompletionEvent[]>;

/** An event before it has its number. */
export type Unnumbered = CompletionEvent extends infer Event
  ? Event extends Numbered
    ? Omit<Event, keyof Numbered>
    : never
  : never;

export function isLast(event: CompletionEvent): boolean {
  return event.type === 'CompletionFinished' || event.type === 'CompletionFailed';
}
