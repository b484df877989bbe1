import MiniSearch, { type SearchOptions } from 'minisearch';
import { dayMs } from '#kernel';
import type { Model } from './market.ts';
import { candidateKeys, keyOf } from './names.ts';
import {
  type Entry,
  entryOf,
  names,
  otherwise,
  saysAbility,
  telling,
  withoutVariants,
  wordsOf,
} from './search-words.ts';
import { openSpeller } from './spelling.ts';

/**
 * Finds what a person types: words in any order, the last ones unfinished, a slip of the fingers. A
 * name falls into words of letters and numbers (`gpt-5-mini` → gpt 5 mini, `llama3.1` → llama 3.1),
 * so "gpt5" and "gpt 5" are one query. All words of the query must be there: first come the models
 * that have them in their names, then those that have them otherwise, by who offers the model
 * ("groq"), by what it can do ("vision"), by the version of its generation ("gpt 5" for 5.1). Only
 * when nothing has them all, some are enough. Of what matches equally well, the plain name comes
 * before longer ones and the newer model before the older.
 */
export function openSearch(models: readonly Model[]): (text: string) => readonly Model[] {
  const byId = new Map(models.map((model) => [model.id, model]));
  const entries = models.map(entryOf);
  const index = indexOf(entries);
  const spell = openSpeller(occurrences(entries));
  const merit = new Map(models.map((model) => [model.id, meritOf(model)]));
  const boostDocument = (id: string) => merit.get(id) ?? 1;
  const found = (words: readonly string[], how: SearchOptions) =>
    index
      .search(words.join(' '), { ...how, boostDocument })
      .flatMap(({ id, score }) => {
        const model = byId.get(id);
        return model ? [{ model, score }] : [];
      })
      .sort((a, b) => b.score - a.score || newerName(a.model, b.model))
      .map(({ model }) => model);
  const withAll = (words: readonly string[]): readonly Model[] => {
    const all = found(words, { combineWith: 'AND', bm25: alike });
    if (all.length === 0) return all;
    const first = words.every(saysAbility) ? { fields: otherwise, bm25: alike } : { fields: names };
    return [...found(words, { combineWith: 'AND', ...first }), ...all];
  };
  const withSome = (words: readonly string[]): readonly Model[] => {
    const said = words.filter((word) => word.length > 1 && /\p{L}/u.test(word));
    return said.length === 0 ? [] : found(said, { combineWith: 'OR', fields: names });
  };
  const like = (words: readonly string[]): readonly Model[] => {
    const exactly = withAll(words);
    if (exactly.length > 0 || words.length === 0) return exactly;
    const mended = spell.mended(words);
    const nearly = withAll(mended);
    return nearly.length > 0 ? nearly : withSome(mended);
  };
  return (text) => {
    const plain = withoutVariants(text);
    const words = spell.joined(telling(wordsOf(plain)));
    return [...new Set([...models.filter(namedBy(plain, words)), ...like(words)])];
  };
}

/** That others offer it, too, or that it can do more, makes no model fit less. */
const alike = { k: 1.2, b: 0, d: 0.5 };

function indexOf(entries: readonly Entry[]): MiniSearch<Entry> {
  const index = new MiniSearch<Entry>({
    fields: [...names, ...otherwise],
    tokenize: wordsOf,
    searchOptions: {
      boost: { name: 3, slug: 3, author: 1, aliases: 0.2 },
      // A single letter is the beginning of anything: only where nothing else was typed.
      prefix: (word, _at, words) => /^\D/.test(word) && (word.length > 1 || words.length === 1),
      weights: { prefix: 0.6, fuzzy: 0 },
    },
  });
  index.addAll(entries);
  return index;
}

/** How often each word stands anywhere. */
function occurrences(entries: readonly Entry[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { id: _, ...fields } of entries) {
    for (const word of wordsOf(Object.values(fields).join(' '))) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

/**
 * Whether the query is a model's very name: in one piece, or with a number in it ("mistral large"
 * means any of them). What looks like a provider's own name of a model is read as such.
 */
function namedBy(text: string, words: readonly string[]): (model: Model) => boolean {
  if (!/^\S+$|\d/.test(text)) return () => false;
  const keys = new Set([keyOf(text), ...(words.length < 3 ? [] : candidateKeys(text))]);
  return ({ slug }) => keys.has(keyOf(slug)) || keys.has(keyOf(slug.slice(slug.indexOf('/') + 1)));
}

/** The higher number first: of two that match alike, that is the newer version. */
const newerName = (a: Model, b: Model) => collator.compare(b.slug, a.slug);

const collator = new Intl.Collator('en', { numeric: true });

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
