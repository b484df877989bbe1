import type { ReadableLog } from '../runs/run-of-node.ts';
import { joined } from './coalesce.ts';
import type { CompletionEvent } from './events.ts';

type TextEvent = Extract<CompletionEvent, { type: 'TextDelta' | 'ReasoningDelta' }>;

/**
 * The events of a completion that has ended, in as few objects as they can be: thousands are kept,
 * and a garbage collector visits each object of each. Neighbouring texts are one, with the places
 * where each of them ended, so that every number stays a cursor.
 */
export class EndedLog implements ReadableLog {
  readonly #events: readonly CompletionEvent[];
  /** By the first number of a joined text: its length after each of its numbers. */
  readonly #ends: ReadonlyMap<number, readonly number[]> | null;
  readonly closed = true;
  /** Up to here events stay apart: a viewer that has lost its connection knows them so. */
  readonly #lostAt: number;

  constructor(events: readonly CompletionEvent[], lostAt = 0) {
    this.#lostAt = lostAt;
    const kept: CompletionEvent[] = events.slice(0, lostAt);
    const ends = new Map<number, readonly number[]>();
    for (let at = kept.length; at < events.length; ) {
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
    return this.last?.sequence ?? 0;
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

  after(sequence: number): readonly CompletionEvent[] {
    const later = this.#events.filter((event) => event.sequence > sequence);
    const apart = later.filter((event) => event.sequence <= this.#lostAt);
    const rest = later.slice(apart.length);
    return [...apart, ...joined(rest.map((event) => this.#from(event, sequence)))];
  }

  lost(): void {
    // Who comes back to it finds the same events again.
  }

  onMore(): () => void {
    return () => undefined;
  }

  /** The event without what a reader that has seen `sequence` knows of it. */
  #from(event: CompletionEvent, sequence: number): CompletionEvent {
    const seen = this.#ends?.get(event.firstSequence)?.[sequence - event.firstSequence];
    if (seen === undefined || !isText(event)) return event;
    return { ...event, text: event.text.slice(seen), firstSequence: sequence + 1 };
  }
}

/** The texts that follow one another from there on and can be one. */
function textsFrom(events: readonly CompletionEvent[], start: number): TextEvent[] {
  const texts: TextEvent[] = [];
  for (let at = start; at < events.length; at++) {
    const event = events[at];
    if (!event || !isText(event) || !isSameKind(event, texts[0] ?? event)) break;
    texts.push(event);
  }
  return texts;
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
