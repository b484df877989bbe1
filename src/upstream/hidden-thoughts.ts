import { type ChatRequest, isContent, type TakeBatch, type UpstreamEvent } from './connector.ts';

/**
 * What the model thinks is hidden when the caller does not want to see it. A signature alone goes
 * out all the same: the next turn needs it.
 */
export function withoutThoughts(take: TakeBatch, { reasoning }: ChatRequest): TakeBatch {
  return reasoning?.exclude ? (batch) => take(batch.map(hidden)) : take;
}

/** Tells content that the caller sees. */
export function shownContent({ reasoning }: ChatRequest): (event: UpstreamEvent) => boolean {
  return reasoning?.exclude ? (event) => isContent(hidden(event)) : isContent;
}

const hidden = (event: UpstreamEvent): UpstreamEvent =>
  event.type === 'reasoning' && event.text !== ''
    ? { type: 'hiddenReasoning', text: event.text }
    : event;
