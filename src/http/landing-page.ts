import type { ServerResponse } from 'node:http';
import type { PlatformFacts } from '#schema';

/** `/`: what this is, where it is spoken to, and lines that work when pasted. */
export function answerLandingPage(
  response: ServerResponse,
  about: { platform: PlatformFacts; publicUrl: string },
): void {
  const page = Buffer.from(pageOf(escaped(about.publicUrl), escaped(about.platform.version)));
  response.writeHead(200, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Length': page.length,
    'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'",
  });
  response.end(page);
}

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
};

const escaped = (text: string) => text.replace(/[&<>"]/g, (letter) => escapes[letter] ?? '');

const style = `  :root { color-scheme: light dark; --ink: #1d2433; --soft: #5b6475; --line: #dfe3ea;
    --paper: #fbfbf9; --code: #f1f2ee; --accent: #0b6e4f; }
  @media (prefers-color-scheme: dark) {
    :root { --ink: #e8eaf0; --soft: #9aa3b5; --line: #2c3342; --paper: #12151c; --code: #1a1f29;
      --accent: #5fd0a5; }
  }
  body { margin: 0; background: var(--paper); color: var(--ink); font: 17px/1.6 Georgia, serif; }
  main { max-width: 44rem; margin: 0 auto; padding: 4.5rem 1.5rem; }
  h1 { font-size: 3rem; letter-spacing: -.02em; margin: 0; line-height: 1.1; }
  h2 { font-size: 1.1rem; margin: 2.6rem 0 .6rem; }
  p.lead { font-size: 1.25rem; color: var(--soft); margin: .6rem 0 0; }
  table { border-collapse: collapse; width: 100%; }
  td { border-top: 1px solid var(--line); padding: .5rem 1rem .5rem 0; vertical-align: top; }
  td:first-child { white-space: nowrap; }
  code, pre { font: 14px/1.55 ui-monospace, Menlo, monospace; }
  pre { background: var(--code); border-radius: 6px; padding: 1rem 1.1rem; overflow-x: auto; }
  a { color: var(--accent); }
  footer { margin-top: 3rem; color: var(--soft); font-size: .9rem; }
`;

const pageOf = (url: string, version: string) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Bourse</title>
<style>
${style}</style>
<main>
  <h1>Bourse</h1>
  <p class="lead">A marketplace for AI models: one API over every model of every provider, at each
    provider's own price.</p>

  <h2>Addresses</h2>
  <table>
    <tr><td><a href="/graphql"><code>/graphql</code></a></td>
      <td>GraphQL by POST and GET, subscriptions by WebSocket and server-sent events, GraphiQL in a
        browser</td></tr>
    <tr><td><code>/v1</code></td>
      <td>for clients of the OpenAI API: set this as the base URL</td></tr>
    <tr><td><a href="/v1/models"><code>/v1/models</code></a></td>
      <td>the models and their prices</td></tr>
    <tr><td><a href="/ready"><code>/ready</code></a></td><td>whether this node can serve</td></tr>
  </table>

  <h2>An answer, token by token</h2>
<pre>curl -N ${url}/v1/chat/completions \\
  -H "Authorization: Bearer $BOURSE_KEY" \\
  -H "Content-Type: application/json" \\
  -d '{"model":"sandbox/markov","stream":true,
       "messages":[{"role":"user","content":"Tell me about marketplaces."}]}'</pre>

  <h2>The same as a subscription</h2>
<pre>subscription {
  completion(input: {
    model: "sandbox/markov"
    messages: [{ role: USER, content: "Tell me about marketplaces." }]
  }) {
    sequence
    ... on TextDelta { text }
    ... on CompletionFinished { usage { completionTokens charged } }
    ... on CompletionFailed { error { code message } }
  }
}</pre>

  <h2>Where would it go, and for how much?</h2>
<pre>{
  routePlan(input: { model: "sandbox/markov", maxTokens: 200 }) {
    candidates { endpoint { provider { slug } } maximumCharge reason }
    rejected { endpoint { provider { slug } } code reason }
  }
}</pre>

  <p>The key of the demo organization was printed once, when the server first started.</p>
  <footer>Bourse ${version}</footer>
</main>
</html>
`;
