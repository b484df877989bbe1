import type { Modality } from './market.ts';
import { candidateKeys, keyOf, newSlug, readName } from './names.ts';
import { joinFacts, type ModelFacts, type Offer } from './offer.ts';
import { parametersOf } from './parameters.ts';
import type { SnapshotEndpoint, SnapshotModel } from './snapshot.ts';

/** A model that lists of slugs know, with what they say about it. */
export interface KnownModel {
  readonly slug: string;
  readonly facts: ModelFacts;
}

/** All offers of one model. */
interface Gathered {
  readonly slug: string;
  readonly offers: Offer[];
}

/**
 * Finds models by any provider's name for them. Of two slugs with one key, the first one listed is
 * found.
 */
export interface SlugIndex {
  find(upstreamModel: string): string | undefined;
  /**
   * The slug of a model that may be new: it is known from then on. `author` makes it when nothing
   * else tells.
   */
  findOrAdd(upstreamModel: string, author: string): string;
}

export function slugIndex(slugs: Iterable<string>): SlugIndex {
  const byKey = new Map<string, string>();
  const add = (slug: string) => {
    const key = keyOf(slug.slice(slug.indexOf('/') + 1));
    if (!byKey.has(key)) byKey.set(key, slug);
    return slug;
  };
  for (const slug of slugs) add(slug);
  const find = (upstreamModel: string) =>
    candidateKeys(upstreamModel)
      .map((key) => byKey.get(key))
      .find((slug) => slug !== undefined);
  return {
    find,
    findOrAdd: (upstreamModel, author) =>
      find(upstreamModel) ?? add(newSlug(upstreamModel, author)),
  };
}

/** Offers under their slugs. */
export function gather(offers: readonly Offer[], slugOf: (offer: Offer) => string): Gathered[] {
  const bySlug = new Map<string, Offer[]>();
  for (const offer of offers) {
    const slug = slugOf(offer);
    bySlug.set(slug, [...(bySlug.get(slug) ?? []), offer]);
  }
  return [...bySlug].map(([slug, all]) => ({ slug, offers: all }));
}

/** The endpoints of a model: of one provider's names with one price, the plainest. */
export function endpointsOf({ slug, offers }: Gathered, model: SnapshotModel): SnapshotEndpoint[] {
  const chosen = new Map<string, Offer>();
  for (const offer of [...offers].sort(byPlainness)) {
    const { quantization } = readName(offer.upstreamModel);
    const key = JSON.stringify([offer.provider, quantization, offer.prices]);
    if (!chosen.has(key)) chosen.set(key, offer);
  }
  return [...chosen.values()].map((offer) => endpointOf(slug, offer, model));
}

/** Names that promise one region come after those that do not, moving and longer ones last. */
function byPlainness(a: Offer, b: Offer): number {
  return plainness(a) - plainness(b) || (a.upstreamModel < b.upstreamModel ? -1 : 1);
}

function plainness({ upstreamModel }: Offer): number {
  const region = ['global.', 'us.'].findIndex((prefix) => upstreamModel.startsWith(prefix));
  return (
    (region < 0 ? 2_000 : region * 1_000) +
    (/latest/.test(upstreamModel) ? 500 : 0) +
    upstreamModel.length
  );
}

function endpointOf(slug: string, offer: Offer, model: SnapshotModel): SnapshotEndpoint {
  const { provider, upstreamModel, prices, tiers, facts, source, checkedAt } = offer;
  const { quantization } = readName(upstreamModel);
  const contextLength = facts.contextLength ?? model.contextLength;
  const maxOutputTokens = facts.maxOutputTokens ?? model.maxOutputTokens;
  const own = joinFacts([facts, abilities(model)]);
  return withoutAbsent({
    model: slug,
    provider,
    upstreamModel,
    prices: withoutAbsent({ ...prices, image: prices.image ?? imagePrice(model) }),
    tiers: tiers.length > 0 ? tiers.map(withoutAbsent) : undefined,
    contextLength,
    maxOutputTokens: maxOutputTokens && Math.min(maxOutputTokens, contextLength),
    quantization: quantization ?? undefined,
    supportedParameters: model.outputModalities.includes('EMBEDDING')
      ? []
      : parametersOf(slug, own),
    source,
    checkedAt,
  }) as SnapshotEndpoint; // what is absent was taken out
}

/**
 * Whoever sells by the token counts what it is shown among the prompt's tokens: no list that is
 * read here has a price of its own for it.
 */
const imagePrice = ({ inputModalities }: SnapshotModel) =>
  inputModalities.includes('IMAGE') ? '0' : undefined;

function abilities(model: SnapshotModel): ModelFacts {
  const has = (parameter: string) => model.supportedParameters.includes(parameter);
  return { tools: has('tools'), reasoning: has('reasoning'), temperature: has('temperature') };
}

/** A model from all that is said about it; the context is the longest that anybody offers. */
export function modelOf(
  { slug, offers }: Gathered,
  facts: ModelFacts,
  firstSeen: string,
): SnapshotModel {
  const author = slug.slice(0, slug.indexOf('/'));
  const name = slug.slice(slug.indexOf('/') + 1);
  const contexts = offers.map((offer) => offer.facts.contextLength ?? 0);
  const contextLength = facts.contextLength ?? Math.max(...contexts, contextUnknown);
  const embedding = embeddingName.test(name);
  const output: Modality[] = embedding ? ['EMBEDDING'] : ['TEXT'];
  return withoutAbsent({
    slug,
    name: facts.name ?? name,
    author,
    description: facts.description,
    contextLength,
    maxOutputTokens: facts.maxOutputTokens && Math.min(facts.maxOutputTokens, contextLength),
    inputModalities: [...(facts.input ?? ['TEXT'])].sort(textFirst),
    outputModalities: output,
    supportedParameters: embedding ? [] : parametersOf(slug, facts),
    openWeights: facts.openWeights ?? openFamily.test(slug),
    knowledgeCutoff: facts.knowledgeCutoff,
    aliases: [],
    createdAt: facts.releasedAt ?? firstSeen,
  }) as SnapshotModel; // what is absent was taken out
}

/** What a model of 2023 could do: assumed where no source tells the length. */
const contextUnknown = 4_096;

const embeddingName = /embed|^bge-|^voyage-(?!.*rerank)/;

const openFamily = new RegExp(
  [
    '^(meta-llama|deepseek|minimax|nvidia|nousresearch|allenai|swiss-ai|ibm-granite|baai)/',
    '^qwen/(qwen-?[23]|qwq)',
    '^(moonshotai/kimi-k|z-ai/glm-[45]|google/gemma|openai/gpt-oss|microsoft/(phi|wizard))',
    '^mistralai/(mistral-7b|mixtral|mistral-nemo|devstral-small|mistral-small-[23])',
  ].join('|'),
);

const textFirst = (a: Modality, b: Modality) =>
  a === b ? 0 : a === 'TEXT' ? -1 : b === 'TEXT' ? 1 : a < b ? -1 : 1;

function withoutAbsent<Fields extends object>(fields: Fields): Fields {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Fields;
}

/** Other names under which people ask for these models; a name that two could mean is nobody's. */
export function aliasesOf(
  models: readonly SnapshotModel[],
  offers: readonly Gathered[],
): Map<string, string[]> {
  const slugs = new Set(models.map((model) => model.slug));
  const owners = new Map<string, Set<string>>();
  for (const { slug, offers: all } of offers) {
    for (const alias of namesFor(slug, all)) {
      owners.set(alias, (owners.get(alias) ?? new Set()).add(slug));
    }
  }
  const result = new Map<string, string[]>();
  for (const [alias, [slug, ...others]] of owners) {
    if (!slug || others.length > 0 || slugs.has(alias)) continue;
    result.set(slug, [...(result.get(slug) ?? []), alias].sort());
  }
  return result;
}

/**
 * The bare name, and what its maker and Hugging Face call it: never a name with a path or a region
 * of one provider.
 */
function namesFor(slug: string, offers: readonly Offer[]): Set<string> {
  const [author = '', name = ''] = slug.split('/');
  const names = new Set([name]);
  for (const { upstreamModel, provider } of offers) {
    const plain = upstreamModel.toLowerCase();
    if (/^[a-z0-9][\w.-]*\/[a-z0-9][\w.-]*$/.test(plain)) names.add(plain);
    if (!/^[a-z0-9][\w.-]*$/.test(plain) || provider === 'amazon-bedrock') continue;
    names.add(plain);
    if (provider === author || plain.startsWith(name.slice(0, 5))) names.add(`${author}/${plain}`);
  }
  return names;
}
