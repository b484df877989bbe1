import type { ChatRequest } from '../connector.ts';
import { effortShares } from '../effort-shares.ts';
import { UpstreamFault } from '../upstream-fault.ts';
import { isObject, type ThinkingPlace } from './wire.ts';

type Json = Record<string, unknown>;

/**
 * The body with a budget that leaves room for an answer. The packages make an effort a share of all
 * that the model could ever say: that may be more than the cap of this answer, which was then
 * thought alone and empty, or refused. Where not even the least fits, an effort is none, as a model
 * may decide; a number is refused.
 *
 * @throws UpstreamFault UNSAID
 */
export function withRoomToAnswer(body: Json, place: ThinkingPlace, request: ChatRequest): Json {
  const { within, field, least, refusesLess, shown } = place;
  const { maxTokens, reasoning } = request;
  const { effort = 'none', maxTokens: asked } = reasoning ?? {};
  const part = effort === 'none' ? 1 : effortShares[effort];
  const share = Math.max(least, Math.floor(maxTokens * part));
  return changed(body, within, (thinking) => {
    const budget = thinking[field];
    if (thinking['type'] === 'adaptive') return { ...shown, ...thinking };
    if (typeof budget !== 'number') return thinking;
    const wanted = asked === undefined ? Math.min(budget, share) : lifted(asked, place);
    const fits = Math.min(wanted, maxTokens - 1);
    if (!refusesLess || fits >= least) return { ...thinking, [field]: fits };
    if (asked !== undefined) throw noRoomToThink(least, maxTokens);
    return null;
  });
}

/** A number that the provider would refuse is the least that it takes. */
const lifted = (asked: number, { least, refusesLess }: ThinkingPlace) =>
  refusesLess ? Math.max(asked, least) : asked;

function noRoomToThink(least: number, maxTokens: number): UpstreamFault {
  const takes = `It thinks ${least} tokens or more (reasoning.max_tokens, budget_tokens)`;
  const advice = `${takes}, which an answer of at most ${maxTokens} has no room for.`;
  return new UpstreamFault({ failure: 'UNSAID', advice });
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
