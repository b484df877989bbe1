import type { App } from '../app.ts';

/** What a start says on standard output: the addresses, and, once, what it made. */
export function noticeOf({ url, made }: App): string {
  const { adminKey, demoKey } = made;
  const lines = [
    `Bourse is ready at ${url}`,
    `  GraphQL and GraphiQL   ${url}/graphql`,
    `  OpenAI-compatible      ${url}/v1`,
    `  Console                ${url}/`,
  ];
  if (adminKey) lines.push('', `Administrator key (shown once)  ${adminKey.reveal()}`);
  if (demoKey)
    lines.push(
      '',
      `Demo key (shown once)           ${demoKey.reveal()}`,
      '',
      tryIt(url, demoKey.reveal()),
    );
  return `${lines.join('\n')}\n`;
}

function tryIt(url: string, key: string): string {
  const body = {
    model: 'sandbox/markov',
    stream: true,
    provider: { ignore: ['sandbox-flaky'] },
    messages: [{ role: 'user', content: 'Tell me about markets' }],
  };
  return [
    'Try it:',
    `curl -N ${url}/v1/chat/completions -H 'Authorization: Bearer ${key}' ` +
      `-H 'Content-Type: application/json' -d '${JSON.stringify(body)}'`,
  ].join('\n');
}
