/**
 * catalog: what can be bought, from whom, at which price. Owns the tables `provider`, `model`,
 * `endpoint`, `price_version`, `catalog_change`, `endpoint_incident` and `refused_parameter`, and a
 * market in memory made of them. It refuses to know how an endpoint performs or who may use it.
 *
 * 1. A market is immutable: a change makes a new one with the next version, on every node.
 * 2. Prices are exact decimals from the source to the bill; a float never stands in between.
 * 3. An offer without a known price does not exist.
 * 4. A replaced price gets an end date and is never changed otherwise, so that past charges stay
 *    explained.
 * 5. Nothing is deleted: what is no longer offered has the date of its removal. Only what an
 *    endpoint was seen to refuse is forgotten after a day, which is reported like every change.
 * 6. What an administrator wrote is never changed by an import.
 * 7. Of two statements about a price the later one holds; an older file takes nothing back.
 * 8. A download that is cut short, is not a catalog or lacks much of what is known changes nothing.
 * 9. What is not known about a provider's use of prompts is assumed to be the worst.
 * 10. Each change is recorded in its own transaction, under a number that rises with the commits: a
 *     reader that continues from a number has missed nothing.
 * 11. A credential is sealed in the table, masked in memory, and in no answer, event or log.
 */
export { addressVariable } from './access.ts';
export { pricingOf } from './build.ts';
export {
  type Catalog,
  type CatalogOptions,
  importSnapshot,
  openCatalog,
  readShipped,
} from './catalog.ts';
export { type CanServe, cheapestEndpoint, isUsable, type ModelFilter } from './filter.ts';
export { type CatalogChange, withPrices } from './history.ts';
export type { Incidents, Seen } from './incidents.ts';
export {
  type Facet,
  facetsOf,
  type ListingOptions,
  type LiveScores,
  listModels,
  type ModelOrder,
  type ModelQuery,
  searchMax,
} from './listing.ts';
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
  RefusedParameter,
} from './market.ts';
export { basePrices, blendedPrice, pricesFor } from './pricing.ts';
export { refreshFromModelsDev } from './refresh.ts';
export { refusalLifeMs } from './refusals.ts';
export { faultModels } from './sandbox.ts';
export { resealProviderSecrets } from './sealed-secrets.ts';
