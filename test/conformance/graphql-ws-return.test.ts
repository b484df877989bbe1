import { createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type RunningApp, runningApp } from '../harness/running-app.ts';
import { socketUrl } from './graphql-client.ts';

let running: RunningApp;

beforeAll(async () => {
  running = await runningApp();
});
afterAll(() => running.close());

const query = `subscription {
  completion(input: {
    model: "sandbox/echo", maxTokens: 300,
    messages: [{ role: USER, content: "${'one two three four five '.repeat(8)}" }]
  }) {
    firstSequence
    sequence
    ... on TextDelta { text }
    ... on CompletionFinished { completion { text } }
  }
}`;

it('a client that comes back has each word once when it drops what it has seen', async () => {
  let socket: WebSocket | undefined;
  const client = createClient({
    url: socketUrl({ url: running.app.url, key: running.demoKey }),
    webSocketImpl: class extends WebSocket {
      constructor(...given: ConstructorParameters<typeof WebSocket>) {
        super(...given);
        socket = this;
      }
    },
    connectionParams: { authorization: `Bearer ${running.demoKey}` },
    retryWait: async () => undefined,
  });
  let [seen, text, whole, cut] = [0, '', '', false];
  for await (const { data } of client.iterate<{ completion: Told }>({ query })) {
    const event = data?.completion;
    if (!event || event.sequence <= seen) continue;
    expect(event.firstSequence).toBe(seen + 1);
    seen = event.sequence;
    text += event.text ?? '';
    whole = event.completion?.text ?? '';
    if (seen >= 5 && !cut) {
      cut = true;
      socket?.terminate();
    }
  }
  await client.dispose();
  expect([text, cut]).toEqual([whole, true]);
  expect(whole).not.toBe('');
});

interface Told {
  readonly firstSequence: number;
  readonly sequence: number;
  readonly text?: string;
  readonly completion?: { readonly text: string };
}
