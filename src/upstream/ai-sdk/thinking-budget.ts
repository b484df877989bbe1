import type { ChatRequest } from '../connector.ts';
import { effortShares } from '../effort-shares.ts';
import { isObject, type ThinkingPlace } from './wire.ts';

type Json = Record<string, unknown>;

/**
 * The body with a budget that leaves room for an answer. The packages make an effort a share of all
 * that the model could ever say: that may be more than the cap of this answer, which was then
 * thought alone and empty, or refused.
 */
export function withRoomToAnswer(body: Json, place: ThinkingPlace, request: ChatRequest): Json {
  const { within, field, least, refusesLess } = place;
  const { maxTokens, reasoning } = request;
  const { effort = 'none', maxTokens: asked } = reasoning ?? {};
  const part = effort === 'none' ? 1 : effortShares[effort];
  const share = asked ?? Math.max(least, Math.floor(maxTokens * part));
  return changed(body, within, (thinking) => {
    const budget = thinking[field];
    if (typeof budget !== 'number') return thinking;
    const fits = Math.min(budget, share, maxTokens - 1);
    return refusesLess && fits < least ? null : { ...thinking, [field]: fits };
  });
}

/** With another object, or none, in the place of the one at the end of the way. */
function changed(
  body: Json,
  [name = '', ...way]: readonly string[],
  change: (found: Json) => Json | null,
): Json {
  const found = body[name];
  if (!isObject(found)) return body;
  const { [name]: _, ...others } = body;
  const made = way.length > 0 ? changed(found, way, change) : change(found);
  return made ? { ...others, [name]: made } : others;
}
