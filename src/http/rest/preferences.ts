import type { ProviderPreferencesInput } from '#completions';
import { upper } from '#kernel';
import type { ProviderPreferences } from '#schema';

/** The `provider` object in the contract's terms. */
export function preferencesOf(
  given: ProviderPreferences | null | undefined,
): ProviderPreferencesInput | null {
  if (!given) return null;
  const { data_collection: collection, sort } = given;
  const latency = medianOf(given.preferred_max_latency);
  const by = typeof sort === 'string' ? sort : sort?.by;
  return {
    order: given.order ?? null,
    only: given.only ?? null,
    ignore: given.ignore ?? null,
    allowFallbacks: given.allow_fallbacks ?? null,
    requireParameters: given.require_parameters ?? null,
    sort: by ? upper(by) : null,
    quantizations: given.quantizations ?? null,
    maxPromptPricePerMillion: decimalOf(given.max_price?.prompt),
    maxCompletionPricePerMillion: decimalOf(given.max_price?.completion),
    minTokensPerSecond: medianOf(given.preferred_min_throughput),
    maxTimeToFirstTokenMs: latency === null ? null : latency * 1_000,
    allowTraining: collection ? collection === 'allow' : null,
    zeroRetention: given.zdr ?? null,
    onStreamFailure: given.on_stream_failure ? upper(given.on_stream_failure) : null,
    hedgeAfterMs: given.hedge_after_ms ?? null,
  };
}

type CutOff = ProviderPreferences['preferred_max_latency'];

const medianOf = (cutOff: CutOff) =>
  typeof cutOff === 'object' ? (cutOff?.p50 ?? null) : (cutOff ?? null);

/**
 * A number of JSON as the decimal that it was written as; 12 places are what a price per million
 * has. `toFixed` alone would write 123456.7 as 123456.699999999997.
 */
export function decimalOf(value: number | string | null | undefined): string | null {
  if (typeof value !== 'number') return value ?? null;
  const written = String(value);
  if (/^-?\d+(\.\d{1,12})?$/.test(written)) return written;
  return value.toFixed(12).replace(/\.?0+$/, '');
}
