import { invariant } from '#kernel';
import type { ReadableLog } from '../runs/run-of-node.ts';
import { joined } from './coalesce.ts';
import { type CompletionEvent, isLast, type Unnumbered } from './events.ts';

/**
 * The events of one completion: numbered here, kept here, read by any number of viewers, each a
 * cursor. A viewer that lags copies nothing; what it missed comes joined. Nothing follows the last
 * event.
 */
export class EventLog implements ReadableLog {
  readonly #completionId: string;
  readonly #events: CompletionEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #closed = false;
  #read = 0;

  constructor(completionId: string) {
    this.#completionId = completionId;
  }

  /** All of them, each as it was numbered. */
  get events(): readonly CompletionEvent[] {
    return this.#events;
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
      const numbered = numberedAs(event, this.#completionId, this.#events.length + 1);
      this.#events.push(numbered);
      this.#closed = isLast(numbered);
    }
    for (const wake of this.#waiting) wake();
  }

  /** Somebody has read of it, who may come back. */
  get wasRead(): boolean {
    return this.#read > 0;
  }

  after(sequence: number, begins = false): readonly CompletionEvent[] {
    const known = begins ? Math.max(sequence, this.#read) : sequence;
    this.#read = this.#events.length;
    const fresh = joined(this.#events.slice(known));
    return known === sequence ? fresh : [...this.#events.slice(sequence, known), ...fresh];
  }

  onMore(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }
}

/** Nearly all events are texts, one for each token: written out, they cost less than a spread. */
function numberedAs(event: Unnumbered, completionId: string, sequence: number): CompletionEvent {
  if (event.type === 'TextDelta' && !event.refusal) {
    const { type, text } = event;
    return { type, text, completionId, sequence, firstSequence: sequence };
  }
  return { ...event, completionId, sequence, firstSequence: sequence };
}
