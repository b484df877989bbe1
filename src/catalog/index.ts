export type {
  DataPolicy,
  Endpoint,
  Market,
  Modality,
  Model,
  Prices,
  PriceTier,
  Pricing,
  Provider,
} from './market.ts';
export { blendedPrice, pricesFor } from './pricing.ts';
