import { createParser } from 'eventsource-parser';
import type { Data, GraphqlClient } from '../harness/graphql-client.ts';

/** What a caller asks for, in the words of no door. */
export interface Question {
  readonly model: string;
  readonly fallbackModel: string | null;
  readonly onStreamFailure: 'FAIL' | 'CONTINUE';
}

/** What a caller got, whichever door it came through. */
export interface Got {
  /** `without an end` is what no caller may ever see. */
  readonly ended: 'properly' | 'with an error' | 'without an end';
  readonly text: string;
  readonly model: string | null;
  readonly usage: { readonly prompt: number; readonly completion: number } | null;
  readonly error: string | null;
}

export interface Caller extends GraphqlClient {
  readonly url: string;
  readonly key: string;
}

export interface Surface {
  readonly name: string;
  readonly ask: (caller: Caller, question: Question) => Promise<Got>;
}

const prompt = 'Say sixty words.';
/** More than what providers are asked for in one piece: so every attempt is a stream. */
const maxTokens = 2_000;
const nothing: Got = { ended: 'without an end', text: '', model: null, usage: null, error: null };

// ───────── GraphQL ─────────

const inputOf = ({ model, fallbackModel, onStreamFailure }: Question) => ({
  model,
  fallbackModels: fallbackModel ? [fallbackModel] : [],
  provider: { onStreamFailure },
  maxTokens,
  messages: [{ role: 'USER', content: prompt }],
});

const whole = 'text model { slug } usage { promptTokens completionTokens }';

const complete = `mutation ($input: CompletionInput!) { complete(input: $input) {
  ... on CompletePayload { completion { ${whole} } }
  ... on CompletionError { completion { ${whole} } }
  ... on Error { message } } }`;

const subscription = `subscription ($input: CompletionInput!) { completion(input: $input) {
  __typename
  ... on TextDelta { text }
  ... on CompletionFinished { completion { ${whole} } }
  ... on CompletionFailed { completion { ${whole} } error { message } } } }`;

async function throughMutation(caller: Caller, question: Question): Promise<Got> {
  const { data } = await caller.ask(complete, { input: inputOf(question) });
  const { completion, message } = data.complete;
  if (message !== undefined) return failed(completion?.text ?? '', message);
  return properly(completion.text, ofCompletion(completion));
}

const throughSubscription =
  (transport: 'overWebSocket' | 'overEventStream') =>
  async (caller: Caller, question: Question): Promise<Got> => {
    let text = '';
    let got = nothing;
    for await (const event of caller[transport](subscription, { input: inputOf(question) })) {
      if (event.__typename === 'TextDelta') text += event.text;
      if (event.__typename === 'CompletionFailed') got = failed(text, event.error.message);
      if (event.__typename !== 'CompletionFinished') continue;
      got = properly(text, ofCompletion(event.completion));
    }
    return got;
  };

const ofCompletion = ({ model, usage }: Data) => ({
  model: model.slug,
  usage: { prompt: usage.promptTokens, completion: usage.completionTokens },
});

// ───────── REST ─────────

function post(caller: Caller, path: string, body: object): Promise<Response> {
  return fetch(caller.url + path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${caller.key}` },
    body: JSON.stringify(body),
  });
}

const restOf = ({ model, fallbackModel, onStreamFailure }: Question) => ({
  model,
  ...(fallbackModel ? { models: [fallbackModel] } : {}),
  provider: { on_stream_failure: onStreamFailure.toLowerCase() },
});

const messages = [{ role: 'user', content: prompt }];

const chatOf = (question: Question) => ({
  ...restOf(question),
  messages,
  max_tokens: maxTokens,
});

/** The form before chat. */
const textOf = (question: Question) => ({ ...restOf(question), prompt, max_tokens: maxTokens });

const responsesOf = (question: Question) => ({
  ...restOf(question),
  input: prompt,
  max_output_tokens: maxTokens,
});

/** An answer in one piece, in which `textIn` finds what was said. */
const throughJson =
  (path: string, bodyOf: (question: Question) => object, textIn: (answer: Data) => string) =>
  async (caller: Caller, question: Question): Promise<Got> => {
    const response = await post(caller, path, bodyOf(question));
    const answer = (await response.json()) as Data;
    if (response.status !== 200) return failed('', answer.error.message);
    return properly(textIn(answer), { model: answer.model, usage: tokensIn(answer.usage) });
  };

/** A stream of chunks, as chat completions and the form before them have it. */
const throughChunks =
  (path: string, bodyOf: (question: Question) => object, textIn: (choice: Data) => string) =>
  async (caller: Caller, question: Question): Promise<Got> => {
    const response = await post(caller, path, { ...bodyOf(question), stream: true });
    return gathered(response, (got, { data }) => {
      if (data === '[DONE]') return { ...got, ended: 'properly' };
      const chunk = JSON.parse(data);
      if (chunk.error) return failed(got.text, chunk.error.message);
      const [choice] = chunk.choices;
      const text = got.text + (choice ? textIn(choice) : '');
      const usage = chunk.usage ? { usage: tokensIn(chunk.usage) } : {};
      return { ...got, text, model: chunk.model, ...usage };
    });
  };

async function throughMessages(caller: Caller, question: Question): Promise<Got> {
  const response = await post(caller, '/v1/messages', { ...chatOf(question), stream: true });
  return gathered(response, (got, { data }) => {
    const event = JSON.parse(data);
    switch (event.type) {
      case 'message_start':
        return { ...got, model: event.message.model };
      case 'content_block_delta':
        return { ...got, text: got.text + event.delta.text };
      case 'message_delta':
        return { ...got, usage: tokensIn(event.usage) };
      case 'message_stop':
        return { ...got, ended: 'properly' };
      case 'error':
        return failed(got.text, event.error.message);
      default:
        return got;
    }
  });
}

async function throughResponses(caller: Caller, question: Question): Promise<Got> {
  const response = await post(caller, '/v1/responses', { ...responsesOf(question), stream: true });
  return gathered(response, (got, { data }) => {
    if (data === '[DONE]') return got;
    const event = JSON.parse(data);
    switch (event.type) {
      case 'response.output_text.delta':
        return { ...got, text: got.text + event.delta };
      case 'response.completed':
        return properly(got.text, {
          model: event.response.model,
          usage: tokensIn(event.response.usage),
        });
      case 'response.failed':
        return failed(got.text, event.response.error.message);
      default:
        return got;
    }
  });
}

/** By their two pairs of names. */
const tokensIn = (usage: Data) => ({
  prompt: usage.prompt_tokens ?? usage.input_tokens,
  completion: usage.completion_tokens ?? usage.output_tokens,
});

/** An event stream from its first event to its last; before the first, a failure is JSON. */
async function gathered(
  response: Response,
  add: (got: Got, event: { data: string }) => Got,
): Promise<Got> {
  if (response.status !== 200) {
    const { error } = (await response.json()) as Data;
    return failed('', error.message);
  }
  let got = nothing;
  const onEvent = (event: { data: string }) => {
    got = add(got, event);
  };
  const parser = createParser({ onEvent });
  parser.feed(await response.text());
  return got;
}

const failed = (text: string, error: string): Got => ({
  ...nothing,
  ended: 'with an error',
  text,
  error,
});

const properly = (text: string, rest: Pick<Got, 'model' | 'usage'>): Got => ({
  ended: 'properly',
  text,
  error: null,
  ...rest,
});

export const surfaces: readonly Surface[] = [
  { name: 'WebSocket', ask: throughSubscription('overWebSocket') },
  { name: 'GraphQL SSE', ask: throughSubscription('overEventStream') },
  { name: 'complete', ask: throughMutation },
  {
    name: 'chat',
    ask: throughJson('/v1/chat/completions', chatOf, ({ choices }) => choices[0].message.content),
  },
  {
    name: 'chat SSE',
    ask: throughChunks('/v1/chat/completions', chatOf, ({ delta }) => delta.content ?? ''),
  },
  {
    name: 'messages',
    ask: throughJson('/v1/messages', chatOf, ({ content }) => content[0].text),
  },
  { name: 'messages SSE', ask: throughMessages },
  {
    name: 'responses',
    ask: throughJson('/v1/responses', responsesOf, ({ output }) => output[0].content[0].text),
  },
  { name: 'responses SSE', ask: throughResponses },
  { name: 'text', ask: throughJson('/v1/completions', textOf, ({ choices }) => choices[0].text) },
  { name: 'text SSE', ask: throughChunks('/v1/completions', textOf, ({ text }) => text ?? '') },
];
