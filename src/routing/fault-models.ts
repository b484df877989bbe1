import { type Endpoint, faultModels } from '#catalog';

/**
 * Built to fail: they never trip a breaker nor turn DOWN, so that everybody always meets their
 * fault.
 */
export const isFaultModel = ({ provider, model }: Endpoint) =>
  provider.sandbox && faultModels.has(model.slug);
