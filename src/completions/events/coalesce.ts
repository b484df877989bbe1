import type { Clock, Timer } from '#kernel';
import { type UpstreamEvent, wholeThoughts } from '#upstream';
import type { CompletionEvent, Unnumbered } from './events.ts';

export type UnnumberedDelta = Extract<
  Unnumbered,
  { type: 'TextDelta' | 'ReasoningDelta' | 'ToolCallDelta' }
>;

/**
 * Gathers deltas into events. The first content goes out at once; after it, what arrives within the
 * window is one event, because half the cost of a token is the write of its event. A window of 0
 * makes one event of what one read brought.
 */
export class Coalescer {
  readonly #clock: Clock;
  readonly #windowMs: number;
  readonly #emit: (deltas: readonly UnnumberedDelta[]) => void;
  #pending: UnnumberedDelta[] = [];
  #timer: Timer | undefined;
  #begun = false;

  constructor(options: {
    clock: Clock;
    windowMs: number;
    /** Given those that go out together; never none. */
    emit: (deltas: readonly UnnumberedDelta[]) => void;
  }) {
    this.#clock = options.clock;
    this.#windowMs = options.windowMs;
    this.#emit = options.emit;
  }

  /** Takes the content of one read; everything that is no delta is left aside. */
  push(batch: readonly UpstreamEvent[]): void {
    for (const event of batch) {
      const delta = toDelta(event);
      if (delta) this.#gather(delta);
    }
    if (this.#pending.length === 0) return;
    if (!this.#begun || this.#windowMs === 0) {
      this.#begun = true;
      this.flush();
    } else {
      this.#timer ??= this.#clock.after(this.#windowMs, () => this.flush());
    }
  }

  /** Sends on what was gathered: before any other event, and at the end. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const ready = this.#pending;
    if (ready.length === 0) return;
    this.#pending = [];
    this.#emit(ready);
  }

  #gather(delta: UnnumberedDelta): void {
    const last = this.#pending.at(-1);
    const joined = last && join(last, delta);
    if (joined) this.#pending[this.#pending.length - 1] = joined;
    else this.#pending.push(delta);
  }
}

/**
 * Two neighbouring deltas as one, or null when they cannot be joined: different kinds, different
 * tool calls, or reasoning blocks whose signatures must stay apart.
 */
export function join(a: UnnumberedDelta, b: UnnumberedDelta): UnnumberedDelta | null {
  if (a.type === 'TextDelta' && b.type === 'TextDelta') {
    if (a.refusal !== b.refusal) return null;
    const { type, text, refusal } = a;
    return { type, text: text + b.text, ...(refusal && { refusal }) };
  }
  if (a.type === 'ReasoningDelta' && b.type === 'ReasoningDelta' && !a.details && !b.details) {
    return { type: a.type, text: a.text + b.text, details: null };
  }
  if (a.type === 'ReasoningDelta' && b.type === 'ReasoningDelta' && a.details && b.details) {
    // Pieces of one thought, up to its signature.
    const details = wholeThoughts([a.details, b.details].flat());
    return details.length === 1 ? { type: a.type, text: a.text + b.text, details } : null;
  }
  if (a.type === 'ToolCallDelta' && b.type === 'ToolCallDelta' && a.index === b.index) {
    const [callId, name] = [a.callId ?? b.callId, a.name ?? b.name];
    return { type: a.type, index: a.index, callId, name, arguments: a.arguments + b.arguments };
  }
  return null;
}

/** Neighbouring deltas joined; each event still says which numbers it covers. */
export function joined(events: readonly CompletionEvent[]): readonly CompletionEvent[] {
  if (events.length <= 1) return events;
  const result: CompletionEvent[] = [];
  for (const event of events) {
    const last = result.at(-1);
    const delta = last && isDelta(last) && isDelta(event) ? join(last, event) : null;
    if (last && delta) {
      const { completionId, firstSequence } = last;
      const range = { completionId, firstSequence, sequence: event.sequence };
      result[result.length - 1] = { ...delta, ...range } as CompletionEvent; // still a delta
    } else {
      result.push(event);
    }
  }
  return result;
}

type DeltaEvent = Extract<CompletionEvent, { type: UnnumberedDelta['type'] }>;

function isDelta(event: CompletionEvent): event is DeltaEvent {
  return (
    event.type === 'TextDelta' || event.type === 'ReasoningDelta' || event.type === 'ToolCallDelta'
  );
}

function toDelta(event: UpstreamEvent): UnnumberedDelta | null {
  switch (event.type) {
    case 'text':
      return event.text ? { type: 'TextDelta', text: event.text } : null;
    case 'refusal':
      return event.text ? { type: 'TextDelta', text: event.text, refusal: true } : null;
    case 'reasoning':
      return { type: 'ReasoningDelta', text: event.text, details: event.details ?? null };
    case 'toolCall':
      return {
        type: 'ToolCallDelta',
        index: event.index,
        callId: event.callId ?? null,
        name: event.name ?? null,
        arguments: event.arguments,
      };
    default:
      return null;
  }
}
