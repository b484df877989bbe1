import type { ChatRequest, TakeBatch, UpstreamEvent } from './connector.ts';

/**
 * What the model thinks is hidden when the caller does not want to see it. A signature alone goes
 * out all the same: the next turn needs it.
 */
export function withoutThoughts(take: TakeBatch, { reasoning }: ChatRequest): TakeBatch {
  return reasoning?.exclude ? (batch) => take(batch.map(hidden)) : take;
}

const hidden = (event: UpstreamEvent): UpstreamEvent =>
  event.type === 'reasoning' && event.text !== ''
    ? { type: 'hiddenReasoning', text: event.text }
    : event;
