import { isUsable, type Market, type Model } from '#catalog';
import { once } from './once.ts';

/**
 * `author/family-latest` (or `~author/family-latest`) is the newest model of a family. A model's
 * family is its name without versions, sizes and dates (words that begin with a digit) and without
 * what only says how ready it is; a version in the alias narrows it (`anthropic/claude-4-latest`).
 * One that can be used here goes before one that cannot, one that is not deprecated before others.
 */
export function latestOf(market: Market, asked: string): Model | null {
  const [, author, name] = /^~?([^/]+)\/(.+)-latest$/.exec(asked.toLowerCase()) ?? [];
  if (!author || !name) return null;
  const members = families(market).get(`${author}/${familyOf(name)}`) ?? [];
  const versions = wordsOf(name).filter(isVersion);
  return members.find(({ slug }) => versions.every((version) => hasVersion(slug, version))) ?? null;
}

/** The members of each family, the one that is meant by its name first. */
const families = once((market: Market): ReadonlyMap<string, readonly Model[]> => {
  const groups = Map.groupBy(market.models, ({ slug }) => {
    const [author = '', name = ''] = slug.split('/');
    return `${author}/${familyOf(name)}`;
  });
  for (const members of groups.values()) members.sort(newestUsableFirst);
  return groups;
});

function newestUsableFirst(left: Model, right: Model): number {
  return (
    Number(canBeUsed(right)) - Number(canBeUsed(left)) ||
    Number(left.deprecatedAt !== null) - Number(right.deprecatedAt !== null) ||
    right.createdAt.getTime() - left.createdAt.getTime() ||
    (left.slug < right.slug ? -1 : 1)
  );
}

export const canBeUsed = ({ endpoints }: Model) => endpoints.some(isUsable);

const wordsOf = (name: string) => name.split(/[-:]/);
const isVersion = (word: string) => /^v?\d/.test(word);
const readiness = new Set(['preview', 'beta', 'exp', 'experimental', 'latest']);

/** Words in any order: `claude-3.7-sonnet` and `claude-sonnet-4` are one family. */
const familyOf = (name: string) =>
  wordsOf(name)
    .filter((word) => !isVersion(word) && !readiness.has(word))
    .sort()
    .join('-');

/** `4` is the version of `4` and of `4.5`. */
const hasVersion = (slug: string, version: string) =>
  wordsOf(slug.slice(slug.indexOf('/') + 1)).some(
    (word) => word === version || word.startsWith(`${version}.`),
  );
