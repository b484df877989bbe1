import type { ChatRequest, TakeBatch, UpstreamEvent } from './connector.ts';

/**
 * What the model thinks goes no further when the caller does not want to see it. A signature alone
 * goes out all the same: the next turn needs it.
 */
export function withoutThoughts(take: TakeBatch, { reasoning }: ChatRequest): TakeBatch {
  if (!reasoning?.exclude) return take;
  return (batch) => {
    const rest = batch.filter((event) => !isThought(event));
    return rest.length > 0 ? take(rest) : undefined;
  };
}

const isThought = (event: UpstreamEvent) => event.type === 'reasoning' && event.text !== '';
