import type { GraphiQLOptions } from 'graphql-yoga';
import { isOwners } from '../own-machine.ts';

/** Operations that run as they stand, each in a tab of its own. */
const examples = [
  `# An answer, token by token. The button stops it:
# only what came is charged.
subscription Stream {
  completion(input: {
    model: "sandbox/markov"
    provider: { ignore: ["sandbox-flaky"] }
    messages: [{ role: USER, content: "Tell me a story" }]
  }) {
    __typename
    sequence
    ... on CompletionStarted {
      endpoint { provider { name } }
    }
    ... on TextDelta { text }
    ... on CompletionFinished {
      finishReason
      usage { completionTokens cost fee charged }
      completion { text }
    }
    ... on CompletionFailed {
      error { code message }
    }
  }
}`,
  `# What a model costs at each provider that offers it. Needs no key.
query Models {
  models(search: "llama 70b", first: 3) {
    nodes {
      slug
      contextLength
      endpoints {
        status
        provider { name }
        pricing { promptPerMillion completionPerMillion }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}`,
  `# Where a request would go, in which order, and why not elsewhere. Sends nothing.
query Route {
  routePlan(input: { model: "sandbox/markov", promptTokens: 1000, maxTokens: 200 }) {
    candidates { order weight maximumCharge reason endpoint { provider { slug } } }
    rejected { code setting reason endpoint { provider { slug } } }
  }
}`,
  `# Who the key is, and what it has spent.
query Viewer {
  viewer { __typename ... on ApiKey { name hint spent organization { slug name } } }
}`,
];

/** Thirty megabytes of editor are read when somebody opens the page. */
async function renderGraphiQL(options?: GraphiQLOptions): Promise<string> {
  const page = await import('@graphql-yoga/render-graphiql');
  return page.renderGraphiQL(options);
}

/** GraphiQL from this server alone: no script, style or font comes from elsewhere. */
export function graphiql(demoKey: string | null) {
  const page = pageWith('<your key>');
  const ownPage = demoKey === null ? page : pageWith(demoKey);
  return {
    renderGraphiQL,
    graphiql: ({ headers }: Request) => (isOwners((name) => headers.get(name)) ? ownPage : page),
  };
}

function pageWith(key: string): GraphiQLOptions {
  const headers = JSON.stringify({ Authorization: `Bearer ${key}` }, null, 2);
  return {
    title: 'Bourse',
    subscriptionsProtocol: 'SSE',
    // A completion is not started by GET, which would be the choice for a subscription.
    method: 'POST',
    // The editor of the first tab takes its headers from the default alone.
    defaultHeaders: headers,
    defaultTabs: examples.map((query) => ({ query, headers })),
    defaultEditorToolsVisibility: 'headers',
  };
}
