import type { Market } from '#catalog';
import { invariant } from '#kernel';
import type { UpstreamEvent } from '#upstream';
import { Transcript } from '../attempt/transcript.ts';
import type { Completion } from '../completion.ts';
import type { CompletionEvent } from '../events/events.ts';
import { completionFromWire, eventFromWire, type WireCompletion, type WireEvent } from './wire.ts';

/**
 * One piece of a copy. The first has the completion as it stood then, without what it had said; of
 * one that has ended the last event has it.
 */
export interface Piece {
  /** Wall time in ms at which it was left. */
  readonly at: number;
  readonly completion: WireCompletion | null;
  readonly events: readonly PackedEvent[];
}

/** Neighbouring texts, each with a number of its own from `first` on. */
interface Texts {
  readonly type: 'texts';
  readonly of: 'TextDelta' | 'ReasoningDelta';
  readonly first: number;
  readonly texts: readonly string[];
}

export type PackedEvent = WireEvent | Texts;

/** Nearly all events are texts: as a list of them they take a tenth of the room. */
export function packed(events: readonly WireEvent[]): readonly PackedEvent[] {
  const result: (WireEvent | (Texts & { texts: string[] }))[] = [];
  for (const event of events) {
    const last = result.at(-1);
    if (!isPlain(event)) result.push(event);
    else if (last?.type === 'texts' && last.of === event.type) last.texts.push(event.text);
    else {
      const { type: of, sequence: first, text } = event;
      result.push({ type: 'texts', of, first, texts: [text] });
    }
  }
  return result;
}

/** Words, of which nothing but the text is known. */
const isPlain = (event: WireEvent): event is Extract<WireEvent, { type: Texts['of'] }> =>
  (event.type === 'TextDelta' && !event.refusal) ||
  (event.type === 'ReasoningDelta' && !event.details);

function unpacked(completionId: string, events: readonly PackedEvent[]): readonly WireEvent[] {
  return events.flatMap((event): WireEvent | WireEvent[] => {
    if (event.type !== 'texts') return event;
    return event.texts.map((text, index): WireEvent => {
      const sequence = event.first + index;
      const numbered = { completionId, sequence, firstSequence: sequence, text };
      return event.of === 'TextDelta'
        ? { type: event.of, ...numbered }
        : { type: event.of, ...numbered, details: null };
    });
  });
}

/** What is known of a completion without the node that ran it. */
export interface Copy {
  /** As it stood; what was said is all that was copied. */
  readonly completion: Completion;
  /** It has its last event. */
  readonly ended: boolean;
  /** Wall time in ms of its newest piece. */
  readonly at: number;
  /** Those after a number, each as it was numbered: who comes back may have seen some. */
  after(sequence: number): readonly CompletionEvent[];
}

/**
 * The copy that these pieces make; null when its beginning is missing. A piece that is there twice
 * counts once; what follows a gap is not known.
 */
export function copyOf(id: string, pieces: readonly Piece[], market: Market): Copy | null {
  const events: CompletionEvent[] = [];
  for (const wire of pieces.flatMap((piece) => unpacked(id, piece.events))) {
    if (wire.sequence === events.length + 1) events.push(eventFromWire(wire, market));
  }
  const after = (sequence: number) => events.slice(sequence);
  const last = events.at(-1);
  const at = Math.max(0, ...pieces.map((piece) => piece.at));
  if (last && 'completion' in last) {
    return { completion: last.completion, ended: true, at, after };
  }
  const head = pieces[0]?.completion;
  if (!head) return null;
  const completion = saying(completionFromWire(head, market), events);
  return { completion, ended: false, at, after };
}

/** The completion with what these events say. */
function saying(completion: Completion, events: readonly CompletionEvent[]): Completion {
  const transcript = new Transcript();
  for (const event of events) {
    const said = saidIn(event);
    if (said) transcript.add(said);
  }
  const { text, reasoning, reasoningDetails, refusal, toolCalls } = transcript;
  const said = { text, reasoning, reasoningDetails, refusal, toolCalls };
  invariant(completion.content, 'the piece that begins a copy has what is known of the content');
  return { ...completion, content: { ...completion.content, ...said } };
}

function saidIn(event: CompletionEvent): UpstreamEvent | null {
  switch (event.type) {
    case 'TextDelta':
      return { type: event.refusal ? 'refusal' : 'text', text: event.text };
    case 'ReasoningDelta': {
      const { text, details } = event;
      return { type: 'reasoning', text, ...(details ? { details } : {}) };
    }
    case 'ToolCallDelta': {
      const { index, callId, name } = event;
      const call = { type: 'toolCall', index, arguments: event.arguments } as const;
      return { ...call, ...(callId ? { callId } : {}), ...(name ? { name } : {}) };
    }
    default:
      return null;
  }
}
