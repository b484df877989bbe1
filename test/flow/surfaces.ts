import type { Customer } from '../harness/whole-app.ts';

/** What is asked at any door. */
export interface Asked {
  readonly key?: string;
  /** Go on elsewhere when it breaks off. */
  readonly goOn?: boolean;
  /** Without it the answer may grow as long as the credits last. */
  readonly maxTokens?: number;
  /** Hangs up. */
  readonly signal: AbortSignal;
}

export interface Surface {
  readonly name: string;
  /** Its protocol has no answer without a limit. */
  readonly alwaysLimited?: boolean;
  /** Runs one completion to whatever end, as a client of this surface does. */
  run(customer: Customer, asked: Asked): Promise<void>;
}

const model = 'acme/writer';
const prompt = 'Tell me of the fox.';

function graphqlInput({ key, goOn, maxTokens }: Asked) {
  return {
    model,
    messages: [{ role: 'USER', content: prompt }],
    provider: { order: ['first', 'second'], onStreamFailure: goOn ? 'CONTINUE' : 'FAIL' },
    ...(maxTokens === undefined ? {} : { maxTokens }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
}

const subscription = `subscription ($input: CompletionInput!) {
  completion(input: $input) { __typename } }`;
const mutation = `mutation ($input: CompletionInput!) { complete(input: $input) { __typename } }`;

function watched(way: 'overWebSocket' | 'overEventStream'): Surface['run'] {
  return async (customer, asked) => {
    const watching = customer[way](subscription, { input: graphqlInput(asked) });
    asked.signal.addEventListener('abort', () => watching.leave(), { once: true });
    for await (const _ of watching);
  };
}

function posted(path: string, bodyOf: (asked: Asked) => object): Surface['run'] {
  return async ({ url, key }, asked) => {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${key}`,
        ...(asked.key === undefined ? {} : { 'Idempotency-Key': asked.key }),
      },
      body: JSON.stringify(bodyOf(asked)),
      signal: asked.signal,
    });
    await response.text();
  };
}

const restInput = ({ goOn }: Asked) => ({
  model,
  provider: { order: ['first', 'second'], on_stream_failure: goOn ? 'continue' : 'fail' },
});
const messages = [{ role: 'user', content: prompt }];

const chat = (stream: boolean) =>
  posted('/v1/chat/completions', (asked) => ({
    ...restInput(asked),
    ...{ messages, stream, max_tokens: asked.maxTokens },
  }));

export const surfaces: readonly Surface[] = [
  {
    name: 'GraphQL mutation',
    run: posted('/graphql', (asked) => ({
      query: mutation,
      variables: { input: graphqlInput(asked) },
    })),
  },
  { name: 'GraphQL over WebSocket', run: watched('overWebSocket') },
  { name: 'GraphQL over SSE', run: watched('overEventStream') },
  { name: 'chat/completions', run: chat(false) },
  { name: 'chat/completions, streamed', run: chat(true) },
  {
    name: 'messages',
    alwaysLimited: true,
    run: posted('/v1/messages', (asked) => ({
      ...restInput(asked),
      ...{ messages, stream: true, max_tokens: asked.maxTokens },
    })),
  },
  {
    name: 'responses',
    run: posted('/v1/responses', (asked) => ({
      ...restInput(asked),
      ...{ input: prompt, stream: true, max_output_tokens: asked.maxTokens },
    })),
  },
];
