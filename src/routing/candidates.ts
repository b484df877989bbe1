import { blendedPrice, type Endpoint, type Prices, pricesFor } from '#catalog';
import type { Price } from '#kernel';
import { firstRefusal, unsupported } from './checks.ts';
import { lacking } from './needs.ts';
import type { Refusal, Rejection } from './rejection.ts';
import type { RouteRequest } from './request.ts';
import type { AskedModel } from './variants.ts';

/** An endpoint that can take the request. */
export interface Candidate {
  readonly endpoint: Endpoint;
  /** In force for this request: the tier of its prompt's bound, at its hour. */
  readonly prices: Prices;
  /** Three prompt tokens and one completion token, 10⁻¹⁸ US dollar. */
  readonly blended: Price;
  /** What it cannot take of what the request uses, by name. */
  readonly droppedParameters: readonly string[];
}

/** Every endpoint is in one of the two. */
export interface Sifted<C = Candidate> {
  readonly candidates: readonly C[];
  readonly rejected: readonly Rejection[];
}

/**
 * Sifts the endpoints of one model; the first check that an endpoint fails is its reason. What an
 * endpoint is comes before how it fares: `unwell` is asked last, so that an outage never makes a
 * request lose its tools.
 */
export function sift(
  request: RouteRequest,
  asked: AskedModel,
  unwell: (endpoint: Endpoint) => Refusal | null,
): Sifted {
  const rejected: Rejection[] = [];
  const fit = asked.model.endpoints.flatMap((endpoint) => {
    const prices = pricesFor(endpoint.pricing, request.promptTokens, request.at);
    const refusal = firstRefusal({ endpoint, prices, request, asked });
    if (refusal) rejected.push({ endpoint, ...refusal });
    return refusal ? [] : [candidate(endpoint, prices, request)];
  });
  const capable = preferCapable(fit, request);
  const up = capable.candidates.filter(({ endpoint }) => {
    const refusal = unwell(endpoint);
    if (refusal) rejected.push({ endpoint, ...refusal });
    return !refusal;
  });
  return { candidates: up, rejected: [...rejected, ...capable.rejected] };
}

function candidate(endpoint: Endpoint, prices: Prices, { needs }: RouteRequest): Candidate {
  return {
    endpoint,
    prices,
    blended: blendedPrice(prices),
    droppedParameters: lacking(endpoint, needs.parameters),
  };
}

// ───────── what is better had than dropped ─────────

/** Without these an answer is of another kind: who takes them is used whenever there is one. */
const essential: Readonly<Record<string, string>> = {
  tools: 'input.tools',
  response_format: 'input.responseFormat',
  structured_outputs: 'input.responseFormat',
};

function preferCapable(candidates: readonly Candidate[], { needs }: RouteRequest): Sifted {
  let kept = candidates;
  const rejected: Rejection[] = [];
  for (const [parameter, setting] of Object.entries(essential)) {
    const { capable = [], incapable = [] } = Object.groupBy(kept, ({ droppedParameters }) =>
      droppedParameters.includes(parameter) ? 'incapable' : 'capable',
    );
    if (!needs.parameters.has(parameter) || capable.length === 0) continue;
    kept = capable;
    for (const { endpoint } of incapable) {
      rejected.push({ endpoint, ...unsupported(endpoint, setting, [parameter]) });
    }
  }
  return { candidates: kept, rejected };
}
