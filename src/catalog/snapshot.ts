import { z } from 'zod';

/**
 * A whole market as a file: what an import produces, what is shipped, and what is compared with the
 * tables. Prices are exact decimals of US dollars per token, image or request. One line an entry,
 * sorted, so that a change reads as one.
 */
const decimal = z.string().regex(/^(0|[1-9]\d{0,8})(\.\d{1,18})?$/);
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/);
const tokens = z.number().int().positive().max(2_147_483_647);
const modality = z.enum(['TEXT', 'IMAGE', 'AUDIO', 'VIDEO', 'FILE', 'EMBEDDING']);
const slugPart = '[a-z0-9][a-z0-9._-]*';
const providerSlug = z.string().regex(new RegExp(`^${slugPart}$`));
const modelSlug = z.string().regex(new RegExp(`^${slugPart}/${slugPart}$`));

/** Whether a model can have this slug: not every name that a provider makes up leads to one. */
export const isModelSlug = (slug: string): boolean => modelSlug.safeParse(slug).success;

const prices = z.strictObject({
  prompt: decimal,
  completion: decimal,
  cacheRead: decimal.optional(),
  cacheWrite: decimal.optional(),
  cacheWriteHour: decimal.optional(),
  reasoning: decimal.optional(),
  image: decimal.optional(),
  request: decimal.optional(),
});

const tier = prices
  .omit({ image: true, request: true })
  .partial()
  .extend({
    minPromptTokens: z.number().int().nonnegative().optional(),
    utcStart: z
      .string()
      .regex(/^\d{4}$/)
      .optional(),
    utcEnd: z
      .string()
      .regex(/^\d{4}$/)
      .optional(),
  });

const provider = z.strictObject({
  slug: providerSlug,
  name: z.string().min(1),
  homepage: z.url().optional(),
  statusPage: z.url().optional(),
  connector: z.string().min(1),
  baseUrl: z.url().optional(),
  envVariable: z.string().optional(),
  /** Its id at models.dev, when it is listed there. */
  feed: z.string().optional(),
  trainsOnPrompts: z.boolean().optional(),
  retainsPrompts: z.boolean().optional(),
  retentionDays: z.number().int().nonnegative().optional(),
});

const model = z.strictObject({
  slug: modelSlug,
  name: z.string().min(1),
  author: z.string().min(1),
  description: z.string().optional(),
  contextLength: tokens,
  maxOutputTokens: tokens.optional(),
  inputModalities: z.array(modality),
  outputModalities: z.array(modality),
  supportedParameters: z.array(z.string()),
  openWeights: z.boolean(),
  knowledgeCutoff: z.string().optional(),
  aliases: z.array(z.string()),
  createdAt: day,
});

const endpoint = z.strictObject({
  model: modelSlug,
  provider: providerSlug,
  upstreamModel: z.string().min(1),
  prices,
  tiers: z.array(tier).optional(),
  contextLength: tokens,
  maxOutputTokens: tokens.optional(),
  quantization: z.string().optional(),
  supportedParameters: z.array(z.string()),
  source: z.string().min(1),
  checkedAt: day,
});

export const snapshotForm = z.strictObject({
  /** The day of the newest source. */
  asOf: day,
  providers: z.array(provider),
  models: z.array(model),
  endpoints: z.array(endpoint),
});

export type Snapshot = z.infer<typeof snapshotForm>;
export type SnapshotProvider = z.infer<typeof provider>;
export type SnapshotModel = z.infer<typeof model>;
export type SnapshotEndpoint = z.infer<typeof endpoint>;

/** What identifies an offer, in the file and in the tables. */
export function endpointKey(of: {
  model: string;
  provider: string;
  upstreamModel: string;
}): string {
  return `${of.model} ${of.provider} ${of.upstreamModel}`;
}

/**
 * Reads and checks a file's text. Throws when it is not a snapshot: the shipped one is tested to be
 * one.
 */
export function readSnapshot(text: string): Snapshot {
  return snapshotForm.parse(JSON.parse(text));
}

/** The file's text: sorted, one line an entry, an ending newline. */
export function printSnapshot({ asOf, providers, models, endpoints }: Snapshot): string {
  const lines = <Entry>(entries: readonly Entry[], key: (entry: Entry) => string) =>
    [...entries]
      .sort((a, b) => (key(a) < key(b) ? -1 : 1))
      .map((entry) => JSON.stringify(entry))
      .join(',\n');
  return `{"asOf":"${asOf}",
"providers":[
${lines(providers, (entry) => entry.slug)}
],
"models":[
${lines(models, (entry) => entry.slug)}
],
"endpoints":[
${lines(endpoints, endpointKey)}
]}
`;
}
