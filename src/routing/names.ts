import type { Model, Provider } from '#catalog';
import { once } from './once.ts';

/**
 * Whether a list of models names this one. An entry is a slug, an alias or an id, or a pattern on
 * the slug in which `*` stands for any run of characters (`anthropic/*`). Patterns do not look at
 * aliases: a list that allows `openai/*` must not admit another author's model by one of its
 * nicknames.
 */
export function namesModel(list: readonly string[], model: Model): boolean {
  return list.some((entry) => {
    const wanted = entry.trim().toLowerCase();
    if (wanted.includes('*')) return matchesPattern(wanted, model.slug.toLowerCase());
    return [model.slug, model.id, ...model.aliases].some((name) => name.toLowerCase() === wanted);
  });
}

/** Position of the first entry that names the provider, by slug, name or id; -1 when none does. */
export const positionOf = (list: readonly string[], provider: Provider) =>
  positionIn(read(list).positions, provider);

/** Whether a list names the provider, or has a pattern for its slug (`sandbox*`). */
export function namesProvider(list: readonly string[], provider: Provider): boolean {
  const { positions, patterns } = read(list);
  if (positionIn(positions, provider) >= 0) return true;
  return patterns.some((pattern) => matchesPattern(pattern, provider.slug));
}

interface ProviderList {
  /** Of each entry, by its folded name. */
  readonly positions: ReadonlyMap<string, number>;
  readonly patterns: readonly string[];
}

/** One list is held against every endpoint: it is read once. */
const read = once((list: readonly string[]): ProviderList => {
  // Of two equal entries the first one stays.
  const entries = list.map((entry, position) => [folded(entry), position] as const);
  const patterns = list.filter((entry) => entry.includes('*'));
  return {
    positions: new Map(entries.toReversed()),
    patterns: patterns.map((entry) => entry.trim().toLowerCase()),
  };
});

function positionIn(positions: ReadonlyMap<string, number>, provider: Provider): number {
  let first = -1;
  for (const name of namesOf(provider)) {
    const position = positions.get(name);
    if (position !== undefined && (first < 0 || position < first)) first = position;
  }
  return first;
}

const namesOf = once(({ slug, name, id }: Provider) => [...new Set([slug, name, id].map(folded))]);

/** "Together AI", "together-ai" and "togetherai" are one provider to whoever types them. */
function folded(name: string): string {
  return name.toLowerCase().replace(/[^\p{Letter}\p{Number}]/gu, '');
}

/**
 * Each piece between stars is found as early as it can be, so the cost is linear in what callers
 * may write.
 */
function matchesPattern(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*');
  const last = rest.pop() ?? '';
  if (!text.startsWith(first) || !text.endsWith(last)) return false;
  let from = first.length;
  for (const piece of rest) {
    const found = text.indexOf(piece, from);
    if (found < 0) return false;
    from = found + piece.length;
  }
  return from <= text.length - last.length;
}
