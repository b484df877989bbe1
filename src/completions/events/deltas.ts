import { type UpstreamEvent, wholeThoughts } from '#upstream';
import type { CompletionEvent, Unnumbered } from './events.ts';

export type UnnumberedDelta = Extract<
  Unnumbered,
  { type: 'TextDelta' | 'ReasoningDelta' | 'ToolCallDelta' }
>;

/**
 * What came together, as events that go out together: neighbours joined, since half the cost of a
 * token is the write of its event. What is no delta is left aside.
 */
export function deltasIn(batch: readonly UpstreamEvent[]): UnnumberedDelta[] {
  const deltas: UnnumberedDelta[] = [];
  for (const event of batch) {
    const delta = toDelta(event);
    if (!delta) continue;
    const last = deltas.at(-1);
    const both = last && join(last, delta);
    if (both) deltas[deltas.length - 1] = both;
    else deltas.push(delta);
  }
  return deltas;
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
