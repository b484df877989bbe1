import type { Model, Provider } from '#catalog';

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
export function positionOf(list: readonly string[], provider: Provider): number {
  const names = namesOf(provider);
  return foldedList(list).findIndex((entry) => names.includes(entry));
}

/** Whether a list names the provider, or has a pattern for its slug (`sandbox*`). */
export const namesProvider = (list: readonly string[], provider: Provider) =>
  positionOf(list, provider) >= 0 ||
  patternsIn(list).some((pattern) => matchesPattern(pattern, provider.slug));

/**
 * Lists and providers are immutable, and one list is held against every endpoint: fold each once.
 */
const foldedList = once((list: readonly string[]) => list.map(folded));
const patternsIn = once((list: readonly string[]) =>
  list.filter((entry) => entry.includes('*')).map((entry) => entry.trim().toLowerCase()),
);
const namesOf = once(({ slug, name, id }: Provider) => [slug, name, id].map(folded));

function once<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const known = new WeakMap<K, V>();
  return (key) => {
    const value = known.get(key) ?? compute(key);
    known.set(key, value);
    return value;
  };
}

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
