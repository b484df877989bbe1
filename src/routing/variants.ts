import type { Market, Model } from '#catalog';
import type { RouteSort } from './request.ts';

/** A model as it was asked for: with what its variants say about the choice among its endpoints. */
export interface AskedModel {
  readonly model: Model;
  readonly sort: RouteSort | null;
  /** `:free`: endpoints at price 0 alone. */
  readonly free: boolean;
  /** The variant that asked for `sort`, for the reasons. */
  readonly sortVariant: string | null;
}

/**
 * Variants of a slug. A model whose own slug ends like one is found by it before any is taken off.
 */
const variants: Readonly<Record<string, Partial<AskedModel>>> = {
  floor: { sort: 'PRICE', sortVariant: ':floor' },
  nitro: { sort: 'THROUGHPUT', sortVariant: ':nitro' },
  free: { free: true },
};

/**
 * The model behind a name with its variants (`author/name:free:floor`); of two sorts the last
 * counts.
 */
export function findModel(market: Market, asked: string): AskedModel | null {
  const model = market.model(asked);
  if (model) return model.removedAt ? null : { model, sort: null, free: false, sortVariant: null };
  const at = asked.lastIndexOf(':');
  const name = asked.slice(at + 1);
  const found = at > 0 && Object.hasOwn(variants, name) && findModel(market, asked.slice(0, at));
  return found ? { ...found, ...variants[name] } : null;
}
