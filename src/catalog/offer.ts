import type { Modality } from './market.ts';

/** US dollars per token (image, request) as exact decimal texts. */
export interface PriceTexts {
  readonly prompt: string;
  readonly completion: string;
  readonly cacheRead?: string | undefined;
  readonly cacheWrite?: string | undefined;
  readonly cacheWriteHour?: string | undefined;
  readonly reasoning?: string | undefined;
  readonly image?: string | undefined;
  readonly request?: string | undefined;
}

/** The conditions and texts of a `PriceTier`. */
export interface TierTexts {
  readonly minPromptTokens?: number | undefined;
  readonly utcStart?: string | undefined;
  readonly utcEnd?: string | undefined;
  readonly prompt?: string | undefined;
  readonly completion?: string | undefined;
  readonly cacheRead?: string | undefined;
  readonly cacheWrite?: string | undefined;
  readonly cacheWriteHour?: string | undefined;
  readonly reasoning?: string | undefined;
}

/** What a source says about a model; what it does not say is absent. */
export interface ModelFacts {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly contextLength?: number | undefined;
  readonly maxOutputTokens?: number | undefined;
  readonly input?: readonly Modality[] | undefined;
  readonly output?: readonly Modality[] | undefined;
  readonly reasoning?: boolean | undefined;
  readonly tools?: boolean | undefined;
  readonly temperature?: boolean | undefined;
  readonly openWeights?: boolean | undefined;
  readonly knowledgeCutoff?: string | undefined;
  /** YYYY-MM-DD. */
  readonly releasedAt?: string | undefined;
}

/** One line of some price list, before its model is known by our slug. */
export interface Offer {
  /** Our slug of the provider. */
  readonly provider: string;
  readonly upstreamModel: string;
  readonly prices: PriceTexts;
  readonly tiers: readonly TierTexts[];
  readonly facts: ModelFacts;
  readonly source: string;
  /** YYYY-MM-DD. */
  readonly checkedAt: string;
}

/** Facts of several sources; the first that says something wins, fact by fact. */
export function joinFacts(sources: readonly ModelFacts[]): ModelFacts {
  const said = (facts: ModelFacts) =>
    Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
  return Object.assign({}, ...[...sources].reverse().map(said));
}
