import { z } from 'zod';
import { flag, integer, may, notOffered, number, price, texts, withoutEffect } from './fields.ts';

const sort = z.enum(['price', 'throughput', 'latency']);

const otherPercentile = withoutEffect('the median is used.');

/** A cut-off: the median, or the field's percentiles, of which the median is used. */
const cutOff = may(
  z.union([
    z.number(),
    z.object({ p50: number, p75: otherPercentile, p90: otherPercentile, p99: otherPercentile }),
  ]),
);

/**
 * The `provider` object: which endpoints may answer, and in which order. A wish that is misspelt is
 * refused: a prompt must not go to a provider that it was to be kept from.
 */
export const providerPreferences = z.strictObject({
  order: texts,
  only: texts,
  ignore: texts,
  allow_fallbacks: flag,
  require_parameters: flag,
  sort: may(
    z.union([
      sort,
      z.object({ by: may(sort), partition: notOffered('Models are tried in order.', 'model') }),
    ]),
  ),
  quantizations: texts,
  max_price: may(
    z.strictObject({
      prompt: price,
      completion: price,
      request: notOffered('Cap `prompt` and `completion`.'),
      image: notOffered('Cap `prompt` and `completion`.'),
      audio: notOffered('Cap `prompt` and `completion`.'),
    }),
  ),
  /** Tokens a second. */
  preferred_min_throughput: cutOff,
  /** Seconds to the first token. */
  preferred_max_latency: cutOff,
  data_collection: may(z.enum(['allow', 'deny'])),
  zdr: flag,
  on_stream_failure: may(z.enum(['fail', 'continue'])).describe(
    'When a provider breaks off after content: `fail` ends with an error, `continue` goes on at another provider.',
  ),
  hedge_after_ms: integer.describe(
    'Milliseconds after which a second endpoint is tried if the first has given no content; the loser costs nothing.',
  ),
  enforce_distillable_text: notOffered('What may be distilled is not known of the models.'),
});

export type ProviderPreferences = z.infer<typeof providerPreferences>;
