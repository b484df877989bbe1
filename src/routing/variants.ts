import type { Market, Model } from '#catalog';
import { latestOf } from './latest.ts';
import type { RouteSort } from './request.ts';

/** A model as it was asked for: with what its variants say about the choice among its endpoints. */
export interface AskedModel {
  readonly model: Model;
  readonly sort: RouteSort | null;
  /** `:free`: endpoints at price 0 alone. */
  readonly free: boolean;
  /** The variant that asked for `sort`, for the reasons. */
  readonly sortVariant: string | null;
  /** How a name that stands for others came to mean this model; null when it was named itself. */
  readonly how: string | null;
}

/**
 * Variants of a slug. A model whose own slug ends like one is found by it before any is taken off.
 */
const variants: Readonly<Record<string, Partial<AskedModel>>> = {
  floor: { sort: 'PRICE', sortVariant: ':floor' },
  nitro: { sort: 'THROUGHPUT', sortVariant: ':nitro' },
  free: { free: true },
};

/** No name is longer, its variants included: a text that is goes through none of this. */
const nameMax = 300;

/**
 * The model behind a name with its variants (`author/name:free:floor`); of two sorts the last
 * counts.
 */
export function findModel(market: Market, asked: string): AskedModel | null {
  if (asked.length > nameMax) return null;
  const model = market.model(asked);
  if (model) return model.removedAt ? null : plainly(model, null);
  const latest = latestOf(market, asked);
  if (latest) return plainly(latest, `\`${asked}\` is ${latest.slug} at present.`);
  const { name, says } = variantOff(asked);
  const found = says && findModel(market, name);
  return found ? { ...found, ...says } : null;
}

/** The model that a name means, for whoever reads about it: also one that is offered no more. */
export const modelNamed = (market: Market, name: string): Model | null =>
  market.model(name) ?? findModel(market, name)?.model ?? null;

/** Without a variant. */
export const plainly = (model: Model, how: string | null): AskedModel => ({
  model,
  sort: null,
  free: false,
  sortVariant: null,
  how,
});

/** A name without its last variant, and what that says; null when it has none. */
function variantOff(asked: string): { name: string; says: Partial<AskedModel> | null } {
  const at = asked.lastIndexOf(':');
  const variant = asked.slice(at + 1);
  const known = at > 0 && Object.hasOwn(variants, variant);
  return known
    ? { name: asked.slice(0, at), says: variants[variant] ?? null }
    : { name: asked, says: null };
}

/** A name without any variant, and what they say. */
export function withoutVariants(asked: string): { name: string; says: Partial<AskedModel> } {
  if (asked.length > nameMax) return { name: asked, says: {} };
  const { name, says } = variantOff(asked);
  if (!says) return { name, says: {} };
  const rest = withoutVariants(name);
  return { name: rest.name, says: { ...rest.says, ...says } };
}
