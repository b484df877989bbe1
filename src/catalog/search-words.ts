import type { Model } from './market.ts';

/** What is known of a model in words, to be searched. */
export interface Entry {
  readonly id: string;
  readonly name: string;
  readonly slug: string;
  readonly author: string;
  readonly aliases: string;
  /** Who offers it. */
  readonly offers: string;
  /** What it can do. */
  readonly abilities: string;
  /** `5` for 5.1. */
  readonly generation: string;
}

type Field = Exclude<keyof Entry, 'id'>;

/** A model that is called so. */
export const names: Field[] = ['name', 'slug', 'author', 'aliases'];
/** A model of which it is true. */
export const otherwise: Field[] = ['offers', 'abilities', 'generation'];

export function entryOf(model: Model): Entry {
  const { id, name, slug, author, aliases, endpoints } = model;
  const sellers = new Set(endpoints.map(({ provider }) => `${provider.slug} ${provider.name}`));
  return {
    id,
    name,
    slug: nameIn(slug),
    author,
    aliases: aliases.map(nameIn).join(' '),
    offers: [...sellers].join(' '),
    abilities: abilities.flatMap(([words, has]) => (has(model) ? words : [])).join(' '),
    generation: (slug.match(/\d+(?=\.\d)/g) ?? []).join(' '),
  };
}

const nameIn = (slug: string) => slug.slice(slug.indexOf('/') + 1);

/** In the words that people look for. */
const abilities: readonly (readonly [words: string, has: (model: Model) => boolean])[] = [
  ['vision multimodal', (model) => model.inputModalities.includes('IMAGE')],
  ['image', (model) => takesOrGives(model, 'IMAGE')],
  ['audio', (model) => takesOrGives(model, 'AUDIO')],
  ['video', (model) => takesOrGives(model, 'VIDEO')],
  ['file pdf', (model) => takesOrGives(model, 'FILE')],
  ['embedding', (model) => model.outputModalities.includes('EMBEDDING')],
  ['tools', (model) => model.supportedParameters.includes('tools')],
  ['reasoning thinking', (model) => model.supportedParameters.includes('reasoning')],
  [
    'free',
    ({ endpoints }) =>
      endpoints.some(({ pricing }) => pricing.prompt === 0n && pricing.completion === 0n),
  ],
];

const takesOrGives = (model: Model, modality: Model['inputModalities'][number]) =>
  model.inputModalities.includes(modality) || model.outputModalities.includes(modality);

const abilityWords = new Set(abilities.flatMap(([words]) => words.split(' ')));

/** Whether a word says what a model can do, whatever else it is in the name of. */
export const saysAbility = (word: string) => abilityWords.has(word);

/**
 * Words of letters and words of numbers; a size keeps its letter (`70b`), and so does `4o`, which
 * is not o4; a version keeps its point (`3.1`). What only looks different is the same: `Ｃlaudé`.
 */
export function wordsOf(text: string): string[] {
  const plain = text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
  const words = plain.replaceAll('+', ' plus ');
  return words.match(/\d+(\.\d+)*[bkmto]?(?![a-z])|\p{L}+|\d+(\.\d+)*/gu) ?? [];
}

/** Said of any model that somebody looks for: they count where nothing else is said. */
const idle = new Set([
  ...['a', 'and', 'for', 'is', 'of', 'please', 'the', 'what', 'which', 'with'],
  ...['best', 'cheap', 'cheapest', 'good', 'latest', 'model', 'models', 'new', 'newest'],
]);

export function telling(words: readonly string[]): readonly string[] {
  const left = words.filter((word) => !idle.has(word));
  return left.length > 0 ? left : words;
}

/** `:floor` and the like say how a model is used. */
export const withoutVariants = (text: string) => text.trim().replace(/(?<=\S)(:[a-z]+)+$/i, '');
