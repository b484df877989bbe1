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
      return market.models.map(ofModel);
    case 'PROVIDER':
      return market.providers.map(ofProvider);
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

const ofModel = (model: Model) =>
  contender({ subject: 'MODEL', name: model.name, slug: model.slug, model }, model.endpoints);

const ofProvider = (provider: Provider) =>
  contender(
    { subject: 'PROVIDER', name: provider.name, slug: provider.slug, provider },
    provider.endpoints,
  );

const ofAuthors = ({ models }: Market) =>
  [...Map.groupBy(models, ({ author }) => author)].map(([author, written]) =>
    contender(
      { subject: 'AUTHOR', name: author, slug: author },
      written.flatMap(({ endpoints }) => endpoints),
    ),
  );

const ofApp = (app: string): Contender<Ranked> => ({
  ...contender({ subject: 'APP', name: app, slug: app }, []),
  subjects: [appSubject(app)],
});
