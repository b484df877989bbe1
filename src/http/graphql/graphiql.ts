import { renderGraphiQL } from '@graphql-yoga/render-graphiql';

/** Operations that run as they stand, each in a tab of its own. */
const examples = [
  `# The cheapest ways to be answered. Needs no key.
query Models {
  models(first: 5, orderBy: { field: PROMPT_PRICE }, filter: { available: true }) {
    nodes { slug name contextLength pricing { promptPerMillion completionPerMillion } }
    pageInfo { hasNextPage endCursor }
  }
}`,
  `# An answer, token by token. Press the button once more to stop it: only what came is charged.
subscription Stream {
  completion(input: {
    model: "sandbox/markov"
    messages: [{ role: USER, content: "Tell me about marketplaces." }]
  }) {
    __typename
    sequence
    ... on CompletionStarted { endpoint { provider { slug } } }
    ... on TextDelta { text }
    ... on CompletionFinished { finishReason usage { completionTokens charged } }
    ... on CompletionFailed { error { code message } }
  }
}`,
  `# Where a request would go, in which order, and why not elsewhere. Sends nothing.
query Route {
  routePlan(input: { model: "sandbox/markov", promptTokens: 1000, maxTokens: 200 }) {
    candidates { order weight maximumCharge reason endpoint { provider { slug } } }
    rejected { code reason endpoint { provider { slug } } }
  }
}`,
  `# Who the key is.
query Viewer {
  viewer { __typename ... on ApiKey { name hint spent organization { slug name } } }
}`,
];

/** GraphiQL from this server alone: no script, style or font comes from elsewhere. */
export function graphiql(demoKey: string | null) {
  const headers = JSON.stringify({ Authorization: `Bearer ${demoKey ?? '<your key>'}` }, null, 2);
  return {
    renderGraphiQL,
    graphiql: {
      title: 'Bourse',
      subscriptionsProtocol: 'SSE' as const,
      defaultTabs: examples.map((query) => ({ query, headers })),
      defaultEditorToolsVisibility: 'headers' as const,
    },
  };
}
