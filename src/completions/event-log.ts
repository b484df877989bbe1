import { invariant } from '#kernel';
import { join, type UnnumberedDelta } from './coalesce.ts';
import { type CompletionEvent, isLast, type Unnumbered } from './events.ts';

/**
 * The events of one completion: numbered here, kept here, read by any number of viewers, each a
 * cursor. A viewer that lags copies nothing; what it missed comes joined. Nothing follows the last
 * event.
 */
export class EventLog {
  readonly #completionId: string;
  readonly #events: CompletionEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #closed = false;

  constructor(completionId: string) {
    this.#completionId = completionId;
  }

  get length(): number {
    return this.#events.length;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Takes what happened at once, and tells all viewers of it together. */
  append(...events: readonly Unnumbered[]): void {
    for (const event of events) {
      invariant(!this.#closed, 'nothing follows the last event of a completion');
      const sequence = this.#events.length + 1;
      const numbered = {
        ...event,
        completionId: this.#completionId,
        sequence,
        firstSequence: sequence,
      } as CompletionEvent; // the union is rebuilt member by member
      this.#events.push(numbered);
      this.#closed = isLast(numbered);
    }
    for (const wake of this.#waiting) wake();
  }

  /** What comes after the number `after`; empty when nothing does yet. */
  after(sequence: number): readonly CompletionEvent[] {
    return joined(this.#events.slice(sequence));
  }

  /** Calls `wake` each time that there is more; returns how to stop that. It must not throw. */
  onMore(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }
}

/** Neighbouring deltas joined; each event still says which numbers it covers. */
function joined(events: readonly CompletionEvent[]): readonly CompletionEvent[] {
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
