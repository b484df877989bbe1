import type { Endpoint, Market, Model, Provider } from '#catalog';
import { appSubject, type Contender, type MetricsWindow } from '#metrics';
import { idsOf } from '../catalog/market-order.ts';
import type { Rooms } from '../context.ts';

export type RankingSubject = 'MODEL' | 'PROVIDER' | 'AUTHOR' | 'APP';

/** Who is ranked, with what is known of them. */
export interface Ranked {
  readonly subject: RankingSubject;
  readonly name: string;
  readonly slug: string;
  readonly model: Model | null;
  readonly provider: Provider | null;
}

/** Everybody who may have a place, with the endpoints whose traffic is theirs. */
export async function contendersOf(
  subject: RankingSubject,
  window: MetricsWindow,
  { catalog, metrics }: Rooms,
): Promise<Contender<Ranked>[]> {
  const market = catalog.market();
  switch (subject) {
    case 'MODEL':
      return ofModels(market);
    case 'PROVIDER':
      return ofProviders(market);
    case 'AUTHOR':
      return ofAuthors(market);
    case 'APP':
      return (await metrics.apps(window)).map(ofApp);
  }
}

const contender = (
  given: Pick<Ranked, 'subject' | 'name' | 'slug'> & Partial<Ranked>,
  endpoints: readonly Endpoint[],
): Contender<Ranked> => ({
  key: { model: null, provider: null, ...given },
  subjects: idsOf(endpoints),
});

/** What was paid for at an endpoint that is offered no longer was paid for all the same. */
function withWithdrawn<Key>({ withdrawn }: Market, keyOf: (endpoint: Endpoint) => Key) {
  const former = Map.groupBy(withdrawn, keyOf);
  return (key: Key, offered: readonly Endpoint[]) => [...offered, ...(former.get(key) ?? [])];
}

function ofModels(market: Market) {
  const all = withWithdrawn(market, ({ model }) => model);
  return market.models.map((model) => {
    const { name, slug, endpoints } = model;
    return contender({ subject: 'MODEL', name, slug, model }, all(model, endpoints));
  });
}

function ofProviders(market: Market) {
  const all = withWithdrawn(market, ({ provider }) => provider);
  return market.providers.map((provider) => {
    const { name, slug, endpoints } = provider;
    return contender({ subject: 'PROVIDER', name, slug, provider }, all(provider, endpoints));
  });
}

function ofAuthors(market: Market) {
  const all = withWithdrawn(market, ({ model }) => model.author);
  return [...Map.groupBy(market.models, ({ author }) => author)].map(([author, written]) => {
    const offered = written.flatMap(({ endpoints }) => endpoints);
    return contender({ subject: 'AUTHOR', name: author, slug: author }, all(author, offered));
  });
}

const ofApp = (app: string): Contender<Ranked> => ({
  ...contender({ subject: 'APP', name: app, slug: app }, []),
  subjects: [appSubject(app)],
});
