import type { Endpoint } from '#catalog';

/**
 * Built to fail: they never trip a breaker nor turn DOWN, so that everybody always meets their
 * fault.
 */
const faultModels: ReadonlySet<string> = new Set([
  'sandbox/fail-500',
  'sandbox/fail-429',
  'sandbox/hang',
  'sandbox/cut-after-10',
  'sandbox/malformed',
  'sandbox/slow-first-token',
  'sandbox/no-usage',
]);

export const isFaultModel = ({ provider, model }: Endpoint) =>
  provider.sandbox && faultModels.has(model.slug);
