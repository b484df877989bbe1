import type { Market, Model, Provider } from '#catalog';
import { once } from './once.ts';
import { type AskedModel, withoutVariants } from './variants.ts';

/**
 * Whether a list of models names this one. An entry is a slug, an alias or an id, or a pattern on
 * the slug in which `*` stands for any run of characters (`anthropic/*`). Of its variants `:free`
 * names the model only where it is asked for as free; those that sort rule nothing out.
 */
export function namesModel(list: readonly string[], asked: NamedModel): boolean {
  return list.some((entry) => {
    const wanted = entry.trim().toLowerCase();
    if (names(wanted, asked.model)) return true;
    const { name, says } = withoutVariants(wanted);
    return name !== wanted && (asked.free || !says.free) && names(name, asked.model);
  });
}

type NamedModel = Pick<AskedModel, 'model' | 'free'>;

/**
 * Patterns do not look at aliases: a list that allows `openai/*` must not admit another author's
 * model by one of its nicknames.
 */
function names(wanted: string, model: Model): boolean {
  if (wanted.includes('*')) return matchesPattern(wanted, model.slug.toLowerCase());
  return [model.slug, model.id, ...model.aliases].some((name) => name.toLowerCase() === wanted);
}

/** Position of the first entry that names the provider, by slug, name or id; -1 when none does. */
export function positionOf(list: readonly string[], provider: Provider): number {
  const positions = positionsIn(list);
  let first = -1;
  for (const name of namesOf(provider)) {
    const position = positions.get(name);
    if (position !== undefined && (first < 0 || position < first)) first = position;
  }
  return first;
}

/** Of each entry, by its folded name; of two equal entries the first one stays. */
const positionsIn = once((list: readonly string[]): ReadonlyMap<string, number> => {
  const entries = list.map((entry, position) => [folded(entry), position] as const);
  return new Map(entries.toReversed());
});

/**
 * Who of those that offer a model is named by a list: by slug, name or id, or by a pattern on the
 * slug (`sandbox*`). Looked up by the list's entries, which are fewer than the offers.
 */
export function providersNamed(list: readonly string[], model: Model): ReadonlySet<Provider> {
  const known = providersOf(model);
  const named = new Set<Provider>();
  for (const entry of list) {
    for (const provider of known.byName.get(folded(entry)) ?? []) named.add(provider);
    if (!entry.includes('*')) continue;
    const pattern = entry.trim().toLowerCase();
    for (const provider of known.all) {
      if (matchesPattern(pattern, provider.slug)) named.add(provider);
    }
  }
  return named;
}

const providersOf = once(({ endpoints }: Model) => {
  const all = [...new Set(endpoints.map(({ provider }) => provider))];
  const byName = new Map<string, Provider[]>();
  for (const provider of all) {
    for (const name of namesOf(provider)) byName.set(name, [...(byName.get(name) ?? []), provider]);
  }
  return { all, byName };
});

/** Lists of providers, as a caller gives them. */
interface ProviderLists {
  readonly order?: readonly string[] | null;
  readonly only?: readonly string[] | null;
  readonly ignore?: readonly string[] | null;
}

/** The names in these lists that no provider here has, whichever model is asked for. */
export function unknownProviders(
  { order, only, ignore }: ProviderLists,
  { providers }: Pick<Market, 'providers'>,
): readonly string[] {
  const unknown = (entry: string) => !namesOfAll(providers).has(folded(entry));
  const fits = (entry: string) => (provider: Provider) =>
    matchesPattern(entry.trim().toLowerCase(), provider.slug);
  const sifted = [...(only ?? []), ...(ignore ?? [])].filter(
    (entry) => unknown(entry) && !(entry.includes('*') && providers.some(fits(entry))),
  );
  return [...new Set([...(order ?? []).filter(unknown), ...sifted])];
}

const namesOfAll = once((providers: readonly Provider[]) => new Set(providers.flatMap(namesOf)));

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
