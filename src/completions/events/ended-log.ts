import type { ReadableLog } from '../runs/run-of-node.ts';
import { joined } from './deltas.ts';
import type { CompletionEvent } from './events.ts';

type TextEvent = Extract<CompletionEvent, { type: 'TextDelta' | 'ReasoningDelta' }>;

/**
 * The events of a completion that has ended, in as few objects as they can be: thousands are kept,
 * and a garbage collector visits each object of each. Neighbouring texts are one, with the places
 * where each of them ended, so that every number stays a cursor.
 */
export class EndedLog implements ReadableLog {
  #events: readonly CompletionEvent[];
  /** By the first number of a joined text: its length after each of its numbers. */
  #ends: ReadonlyMap<number, readonly number[]> | null;
  readonly closed = true;
  #gone = false;
  readonly #length: number;
  readonly #wasRead: boolean;
  readonly #waiting: Set<() => void>;

  /**
   * `wasRead`: whether somebody knows the events apart, and may come back; `waiting`: who has not
   * read all of them yet.
   */
  constructor(
    events: readonly CompletionEvent[],
    { wasRead = false, waiting = new Set<() => void>() } = {},
  ) {
    this.#wasRead = wasRead;
    this.#waiting = waiting;
    this.#length = events.at(-1)?.sequence ?? 0;
    const kept: CompletionEvent[] = [];
    const ends = new Map<number, readonly number[]>();
    for (let at = 0; at < events.length; ) {
      const texts = textsFrom(events, at);
      const [first, last] = [texts[0], texts.at(-1)];
      if (first && last && texts.length > 1) {
        const text = texts.map((event) => event.text).join('');
        kept.push({ ...first, text, sequence: last.sequence });
        ends.set(first.firstSequence, endsOf(texts));
        at += texts.length;
      } else {
        kept.push(...events.slice(at, ++at));
      }
    }
    this.#events = kept;
    this.#ends = ends.size > 0 ? ends : null;
  }

  get length(): number {
    return this.#length;
  }

  /** Events that are kept for them. */
  get size(): number {
    return this.#events.length;
  }

  /** Of thoughts that stay apart. */
  get details(): readonly unknown[] {
    return this.#events.flatMap((event) =>
      event.type === 'ReasoningDelta' && event.details ? [event.details] : [],
    );
  }

  get last(): CompletionEvent | undefined {
    return this.#events.at(-1);
  }

  after(sequence: number, begins = false): readonly CompletionEvent[] {
    const later = this.#events.filter((event) => event.sequence > sequence);
    if (begins && this.#wasRead) return later.flatMap((event) => this.#apart(event, sequence));
    return joined(later.map((event) => this.#part(event, sequence + 1, event.sequence)));
  }

  get gone(): boolean {
    return this.#gone;
  }

  /** It is kept no longer, also not for those who have not read all of it. */
  forget(): void {
    this.#gone = true;
    this.#events = [];
    this.#ends = null;
    for (const wake of this.#waiting) wake();
  }

  onMore(wake: () => void): () => void {
    this.#waiting.add(wake);
    return () => this.#waiting.delete(wake);
  }

  /** The event after the number `sequence`, as it was numbered. */
  #apart(event: CompletionEvent, sequence: number): CompletionEvent[] {
    if (!this.#ends?.has(event.firstSequence)) return [event];
    const first = Math.max(event.firstSequence, sequence + 1);
    return Array.from({ length: event.sequence - first + 1 }, (_, index) =>
      this.#part(event, first + index, first + index),
    );
  }

  /** The numbers from `first` to `last` of the event, as far as it has them. */
  #part(event: CompletionEvent, first: number, last: number): CompletionEvent {
    const { firstSequence } = event;
    const ends = this.#ends?.get(firstSequence);
    if (!ends || !isText(event)) return event;
    const from = Math.max(firstSequence, first);
    const text = event.text.slice(ends[from - firstSequence - 1] ?? 0, ends[last - firstSequence]);
    return { ...event, text, firstSequence: from, sequence: last };
  }
}

/** The texts that follow one another from there on and can be one. */
function textsFrom(events: readonly CompletionEvent[], start: number): readonly TextEvent[] {
  const first = events[start];
  if (!first || !isText(first)) return [];
  let end = start;
  for (let next = events[end]; next && isText(next) && isSameKind(next, first); ) {
    next = events[++end];
  }
  return events.slice(start, end) as TextEvent[]; // each was looked at
}

const isSameKind = (a: TextEvent, b: TextEvent) =>
  a.type === b.type && isRefusal(a) === isRefusal(b);

const isRefusal = (event: TextEvent) => 'refusal' in event && event.refusal === true;

/** Blocks with signatures stay apart. */
function isText(event: CompletionEvent): event is TextEvent {
  return event.type === 'TextDelta' || (event.type === 'ReasoningDelta' && !event.details);
}

function endsOf(texts: readonly TextEvent[]): readonly number[] {
  let length = 0;
  return texts.map(({ text }) => {
    length += text.length;
    return length;
  });
}
