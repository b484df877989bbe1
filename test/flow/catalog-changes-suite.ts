import type { Data, GraphqlClient } from '../harness/graphql-client.ts';
import { offer, type WholeApp } from '../harness/whole-app.ts';

const fields = `cursor kind subjectId modelSlug providerSlug previousStatus newStatus reason
  model { slug } provider { slug } endpoint { id status }
  previousPricing { promptPerToken } newPricing { promptPerToken }`;

export const feed = `subscription ($after: String, $filter: CatalogChangeFilter) {
  catalogChanges(after: $after, filter: $filter) { ${fields} } }`;

/** What is known, newest first. */
export async function changesOf(client: GraphqlClient, filter: object = {}): Promise<Data[]> {
  const { data } = await client.ask(
    `query ($filter: CatalogChangeFilter) {
      catalogChanges(first: 50, filter: $filter) { nodes { ${fields} } } }`,
    { filter },
  );
  return data.catalogChanges.nodes;
}

/** Lists (anew) an offer of `acme/watched` at a price. */
export const watched = (app: WholeApp, baseUrl: string, promptPrice: string) =>
  offer(app.admin, { model: 'acme/watched', provider: 'watched', baseUrl, promptPrice });

/** Asks until the breaker of the only endpoint has opened. */
export async function askInVain(client: GraphqlClient, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await client.ask(`mutation { complete(input: { model: "acme/watched", maxTokens: 5,
      messages: [{ role: USER, content: "Anybody there?" }] }) { __typename } }`);
  }
}
