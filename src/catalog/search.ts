import MiniSearch from 'minisearch';
import { dayMs } from '#kernel';
import type { Model } from './market.ts';
import { keyOf } from './names.ts';

/**
 * Finds what a person types: words in any order, the last ones unfinished, a letter wrong. A name
 * falls into words of letters and numbers (`gpt-5-mini` → gpt 5 mini, `llama3.1` → llama 3.1), so
 * "gpt5" and "gpt 5" are one query. All words of the query must be there; only when nothing has
 * them all, some are enough. Of what matches equally well, the plain name comes before longer ones
 * and the newer model before the older.
 */
export function openSearch(models: readonly Model[]): (text: string) => readonly Model[] {
  const byId = new Map(models.map((model) => [model.id, model]));
  const index = new MiniSearch<Entry>({
    fields: ['name', 'slug', 'author', 'aliases'],
    tokenize: wordsOf,
    searchOptions: {
      boost: { name: 3, slug: 3, author: 1, aliases: 0.2 },
      prefix: (word) => /^\D/.test(word) && word.length > 1,
      fuzzy: (word) => (/^\D{5,}$/.test(word) ? 1 : false),
      weights: { prefix: 0.6, fuzzy: 0.3 },
    },
  });
  index.addAll(models.map(entryOf));
  const merit = new Map(models.map((model) => [model.id, meritOf(model)]));
  const boostDocument = (id: string) => merit.get(id) ?? 1;
  return (text) => {
    const all = index.search(text, { combineWith: 'AND', boostDocument });
    const found = all.length > 0 ? all : index.search(text, { combineWith: 'OR', boostDocument });
    const key = /\s/.test(text.trim()) ? '' : keyOf(text);
    return found
      .flatMap(({ id, score }) => {
        const model = byId.get(id);
        return model ? [{ model, score: isNamed(model, key) ? Number.MAX_VALUE : score }] : [];
      })
      .sort((a, b) => b.score - a.score || newerName(a.model, b.model))
      .map(({ model }) => model);
  };
}

/** Whether the query, which has no spaces, is this model's very name. */
const isNamed = ({ slug }: Model, key: string) =>
  key === keyOf(slug) || key === keyOf(slug.slice(slug.indexOf('/') + 1));

/** The higher number first: of two that match alike, that is the newer version. */
const newerName = (a: Model, b: Model) => collator.compare(b.slug, a.slug);

const collator = new Intl.Collator('en', { numeric: true });

interface Entry {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly author: string;
  readonly aliases: string;
}

function entryOf({ id, name, slug, author, aliases }: Model): Entry {
  return { id, name, slug: slug.slice(slug.indexOf('/') + 1), author, aliases: aliases.join(' ') };
}

/**
 * Words of letters and words of numbers; a size keeps its letter (`70b`), a version its point
 * (`3.1`).
 */
function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/\d+(\.\d+)*[bkmt]?(?![a-z])|[\p{L}]+|\d+(\.\d+)*/gu) ?? [];
}

const yearMs = 365 * dayMs;
const epoch = Date.UTC(2023, 0, 1);

/** Newer, plainer and more widely offered models first, among those that match alike. */
function meritOf({ slug, createdAt, endpoints, deprecatedAt, outputModalities }: Model): number {
  const age = Math.max(0, (createdAt.getTime() - epoch) / yearMs);
  const words = wordsOf(slug).length;
  const offered = 1 + Math.log2(1 + endpoints.length) / 10;
  const rarelyMeant = deprecatedAt || !outputModalities.includes('TEXT') ? 0.5 : 1;
  return (1 + age * 0.35) * offered * rarelyMeant * (8 / (6 + words));
}
