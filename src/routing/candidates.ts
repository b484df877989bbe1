import {
  basePrices,
  blendedPrice,
  type Endpoint,
  type Model,
  type Prices,
  pricesFor,
} from '#catalog';
import type { Price } from '#kernel';
import { type Ask, firstRefusal, testsFor, unsupported } from './checks.ts';
import { lacking } from './needs.ts';
import { once } from './once.ts';
import type { OwnKey } from './own-keys.ts';
import type { Refusal, Rejection } from './rejection.ts';

/** An endpoint that can take the request. */
export interface Candidate {
  readonly endpoint: Endpoint;
  /** In force for this request: the tier of its prompt's bound, at its hour. */
  readonly prices: Prices;
  /** Three prompt tokens and one completion token, 10⁻¹⁸ US dollar. */
  readonly blended: Price;
  /** The same as near as a float comes: for weights, never for money. */
  readonly blendedNumber: number;
  /** What it cannot take of what the request uses, by name. */
  readonly droppedParameters: readonly string[];
  /** The credential of the payer's own that it would be tried with; absent: the platform's. */
  readonly ownKey?: OwnKey | undefined;
}

/** Every endpoint is in one of the two. */
export interface Sifted {
  readonly candidates: readonly Candidate[];
  readonly rejected: readonly Rejection[];
}

/**
 * Sifts the endpoints of one model, the cheapest first; the first check that an endpoint fails is
 * its reason. What an endpoint is comes before how it fares: `unwell` is asked last, so that an
 * outage never makes a request lose its tools.
 */
export function sift(ask: Ask, unwell: (endpoint: Endpoint) => Refusal | null): Sifted {
  const rejected: Rejection[] = [];
  const tests = testsFor(ask);
  const refusing = (refusalOf: (candidate: Candidate) => Refusal | null) => {
    return (candidate: Candidate) => {
      const refusal = refusalOf(candidate);
      if (refusal) rejected.push({ endpoint: candidate.endpoint, ...refusal });
      return !refusal;
    };
  };
  const fit = offersOf(ask).filter(refusing((candidate) => firstRefusal(tests, candidate)));
  const capable = preferCapable(withDropped(fit, ask), ask);
  const up = capable.candidates.filter(refusing(({ endpoint }) => unwell(endpoint)));
  rejected.push(...capable.rejected);
  return { candidates: up, rejected };
}

// ───────── what stands before any request ─────────

const nothing: readonly string[] = [];

const standing = once((model: Model) => {
  const offers = model.endpoints.map((endpoint) => offer(endpoint, endpoint.pricing));
  const tiered = model.endpoints.some(({ pricing }) => pricing.tiers.length > 0);
  return { offers: offers.toSorted(byPrice), tiered };
});

/**
 * Of equal ones the first in the catalog, which is in the same order on every node: so the order of
 * a route is as well.
 */
function byPrice({ blended: left }: Candidate, { blended: right }: Candidate): number {
  return left < right ? -1 : Number(left > right);
}

/** All endpoints of the model at the prices of this request, the cheapest first. */
function offersOf({ asked, request: { promptTokens, at, needs } }: Ask): readonly Candidate[] {
  const { offers, tiered } = standing(asked.model);
  const { cachedForAnHour = false } = needs;
  if (!tiered && !cachedForAnHour) return offers;
  const priced = offers.map((one) => {
    const { pricing } = one.endpoint;
    return pricing.tiers.length > 0 || cachedForAnHour
      ? offer(one.endpoint, pricesFor(pricing, promptTokens, at), cachedForAnHour)
      : one;
  });
  return priced.sort(byPrice);
}

/** What is kept for an hour costs nothing where nothing is to be kept so long. */
function offer(endpoint: Endpoint, inForce: Prices, cachedForAnHour = false): Candidate {
  const base = basePrices(inForce);
  const prices = cachedForAnHour ? base : { ...base, cacheWriteHour: null };
  const blended = blendedPrice(prices);
  const blendedNumber = Number(blended);
  return { endpoint, prices, blended, blendedNumber, droppedParameters: nothing };
}

// ───────── what is better had than dropped ─────────

function withDropped(
  candidates: readonly Candidate[],
  { request: { needs }, learned }: Ask,
): readonly Candidate[] {
  if (needs.parameters.size === 0) return candidates;
  return candidates.map((candidate) => {
    const { endpoint } = candidate;
    const droppedParameters = lacking(endpoint, needs.parameters, learned(endpoint));
    return droppedParameters.length === 0 ? candidate : { ...candidate, droppedParameters };
  });
}

/** Without these an answer is of another kind: who takes them is used whenever there is one. */
const essential: readonly (readonly [parameter: string, setting: string])[] = [
  ['tools', 'input.tools'],
  ['response_format', 'input.responseFormat'],
  ['structured_outputs', 'input.responseFormat'],
];

function preferCapable(candidates: readonly Candidate[], ask: Ask): Sifted {
  const { needs } = ask.request;
  let kept = candidates;
  const rejected: Rejection[] = [];
  for (const [parameter, setting] of essential) {
    if (!needs.parameters.has(parameter)) continue;
    const { capable = [], incapable = [] } = Object.groupBy(kept, ({ droppedParameters }) =>
      droppedParameters.includes(parameter) ? 'incapable' : 'capable',
    );
    if (capable.length === 0) continue;
    kept = capable;
    for (const { endpoint } of incapable) {
      const refused = ask.learned(endpoint);
      const why = unsupported(endpoint, { setting, missing: [parameter], refused });
      rejected.push({ endpoint, ...why });
    }
  }
  return { candidates: kept, rejected };
}
