import { requestBytes } from './http-client.ts';
import { type Asked, promptOf } from './prompt.ts';
import { model } from './stage.ts';

/** What the rows send. A reference is sent the same, and does with it what it can. */

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

export function chatRequest(key: string, asked: Asked, stream: boolean): Buffer {
  const messages = [{ role: 'user', content: promptOf(asked) }];
  const body = JSON.stringify({ model, messages, max_tokens: asked.tokens + 10, stream });
  return requestBytes({ path: '/v1/chat/completions', headers: bearer(key), body });
}

const document = `subscription Stream($input: CompletionInput!, $coalesceMs: Int!) {
  completion(input: $input, coalesceMs: $coalesceMs) {
    __typename
    sequence
    ... on TextDelta { text }
    ... on CompletionFinished { finishReason usage { completionTokens charged } }
    ... on CompletionFailed { error { code message } }
  }
}`;

export function subscription(asked: Asked, coalesceMs: number): object {
  const messages = [{ role: 'USER', content: promptOf(asked) }];
  const input = { model, messages, maxTokens: asked.tokens + 10 };
  return { query: document, variables: { input, coalesceMs } };
}

export function graphqlRequest(key: string, payload: object, accept = 'application/json'): Buffer {
  const headers = { ...bearer(key), accept };
  return requestBytes({ path: '/graphql', headers, body: JSON.stringify(payload) });
}

const catalogDocument = `query Page($cheaperThan: Decimal!) {
  models(first: 50, filter: { maxPromptPricePerMillion: $cheaperThan }, orderBy: { field: NAME }) {
    nodes {
      id slug name author contextLength maxOutputTokens inputModalities
      endpoints {
        id contextLength maxOutputTokens quantization
        provider { slug name }
        pricing { promptPerMillion completionPerMillion }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`;

/** The same page whatever `nonce` is; but the question is another one. */
export const catalogPage = (nonce = 0): object => ({
  query: catalogDocument,
  variables: { cheaperThan: `1000.${String(nonce).padStart(9, '0')}` },
});

const smallDocument = 'query Model($slug: String!) { model(slug: $slug) { slug name author } }';

/** What a request costs as such. Nobody asks for `nonce`; it makes the question a new one. */
export const smallQuery = (nonce: number): object => ({
  query: smallDocument,
  variables: { slug: model, nonce },
});

const feedDocument = `subscription Feed($filter: MetricsFilter, $interval: UpdateInterval!) {
  providerMetrics(filter: $filter, interval: $interval) {
    at
    snapshot
    endpoints {
      endpoint { id }
      status
      metrics { requests uptime timeToFirstTokenMs { p50 p99 } tokensPerSecond { p50 } }
    }
    removedEndpointIds
  }
}`;

export const metricsFeed = (filter: object | null, interval = 'ONE_SECOND'): object => ({
  query: feedDocument,
  variables: { filter, interval },
});
