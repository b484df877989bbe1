import { z } from 'zod';
import type { StoredFigures } from './figures.ts';

const counts = z.array(z.number()).max(10_000);
const distribution = z.tuple([counts, counts]);
const amount = z.string().regex(/^\d{1,38}$/);
const count = z.number().nonnegative();

const figures = z.object({
  requests: count,
  failures: count,
  spared: count,
  promptTokens: count,
  completionTokens: count,
  cost: amount,
  rankedRequests: count,
  rankedTokens: count,
  rankedCharged: amount,
  organizations: z.array(z.string().max(100)).max(100),
  rankedOrganizations: z.array(z.string().max(100)).max(100),
  timeToFirstTokenMs: distribution,
  latencyMs: distribution,
  tokensPerSecond: distribution,
  unpriced: z
    .object({ cost: amount, timeToFirstTokenMs: distribution, tokensPerSecond: distribution })
    .optional(),
});

const second = z.object({ subject: z.string().max(300), second: z.int(), figures });

/** What a source counted of a subject in a second since the epoch. */
export interface PublishedSecond {
  readonly subject: string;
  readonly second: number;
  readonly figures: StoredFigures;
}

/**
 * What one node counted in the last seconds, whole: whoever receives it replaces what it had of
 * these seconds. `seconds` is JSON of a list of `PublishedSecond`.
 */
export interface PublishedSeconds {
  readonly source: number;
  readonly seconds: string;
}

const form: z.ZodType<PublishedSecond[]> = z.array(second);

/** What another node said; throws a `ZodError` when it has another form. */
export const readSeconds = (json: string): PublishedSecond[] => form.parse(JSON.parse(json));
