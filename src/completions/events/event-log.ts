import { invariant } from '#kernel';
import type { ReadableLog } from '../runs/run-of-node.ts';
import { joined } from './deltas.ts';
import { EndedLog } from './ended-log.ts';
import { type CompletionEvent, isLast, type Unnumbered } from './events.ts';

/**
 * The events of one completion: numbered here, kept here, read by any number of viewers, each a
 * cursor. A viewer that lags copies nothing; what it missed comes joined. Nothing follows the last
 * event, after which there is nothing here but what is kept of an ended one: a viewer that takes
 * nothing holds no more than that.
 */
export class EventLog implements ReadableLog {
  readonly #completionId: string;
  #events: CompletionEvent[] = [];
  #ended: EndedLog | null = null;
  readonly #waiting = new Set<() => void>();
  #closed = false;
  #read = 0;

  constructor(completionId: string) {
    this.#completionId = completionId;
  }

  /** All of them, each as it was numbered. */
  get events(): readonly CompletionEvent[] {
    return this.#ended?.after(0, true) ?? this.#events;
  }

  get length(): number {
    return this.#ended?.length ?? this.#events.length;
  }

  get gone(): boolean {
    return this.#ended?.gone ?? false;
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

  /** What is kept of it now that it is closed. */
  end(): EndedLog {
    const wasRead = this.#read > 0;
    this.#ended ??= new EndedLog(this.#events, { wasRead, waiting: this.#waiting });
    this.#events = [];
    return this.#ended;
  }

  after(sequence: number, begins = false): readonly CompletionEvent[] {
    if (this.#ended) return this.#ended.after(sequence, begins);
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
