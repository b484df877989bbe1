import { createParser } from 'eventsource-parser';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** What a client without generated types works with. */
// biome-ignore lint/suspicious/noExplicitAny: an answer has the form of its question
export type Data = any;

export interface Answer {
  readonly status: number;
  readonly requestId: string | null;
  readonly data?: Data;
  readonly errors?: { message: string; extensions: Record<string, unknown> }[];
}

/** A subscription that runs. */
export interface Watching extends AsyncIterable<Data> {
  /** Ends it as a client does who has seen enough. */
  leave(): void;
}

/** The same over a socket. */
export interface WatchingSocket extends Watching {
  /** Cuts the connection, as when a cable is pulled: what is watched ends without a word. */
  lose(): void;
  /** Takes nothing from the network until it is told to go on. */
  pause(): void;
  goOn(): void;
}

export type Watch = (query: string, variables?: object) => Watching;

/** One caller with one credential, over each of the ways that there are. */
export interface GraphqlClient {
  ask(query: string, variables?: object): Promise<Answer>;
  overWebSocket(query: string, variables?: object): WatchingSocket;
  overEventStream: Watch;
}

export function graphqlClient(url: string, credential?: string): GraphqlClient {
  const address = `${url}/graphql`;
  const authorization = credential === undefined ? {} : { Authorization: `Bearer ${credential}` };
  const post = (body: object, given: { accept?: string; signal?: AbortSignal } = {}) =>
    fetch(address, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        ...(given.accept ? { Accept: given.accept } : {}),
        ...authorization,
      },
      body: JSON.stringify(body),
      signal: given.signal ?? null,
    });

  return {
    async ask(query, variables) {
      const response = await post({ query, variables });
      const requestId = response.headers.get('x-request-id');
      return { status: response.status, requestId, ...((await response.json()) as object) };
    },
    overWebSocket(query, variables) {
      let socket: WebSocket | undefined;
      let lost = false;
      const client = createClient({
        url: address.replace('http', 'ws'),
        webSocketImpl: WebSocket,
        retryAttempts: 0,
        connectionParams: authorization,
        on: { connected: (opened) => (socket = opened as WebSocket) },
      });
      const results = client.iterate({ query, variables: { ...variables } });
      return {
        leave: () => void results.return?.(),
        lose() {
          lost = true;
          socket?.terminate();
        },
        pause: () => socket?.pause(),
        goOn: () => socket?.resume(),
        async *[Symbol.asyncIterator]() {
          try {
            yield* dataOf(results);
          } catch (thrown) {
            if (!lost) throw thrown;
          }
          await client.dispose();
        },
      };
    },
    overEventStream(query, variables) {
      const leaving = new AbortController();
      const options = { accept: 'text/event-stream', signal: leaving.signal };
      const response = post({ query, variables }, options);
      return {
        leave: () => leaving.abort(),
        [Symbol.asyncIterator]: () => dataOf(resultsOf(response, leaving.signal)),
      };
    },
  };
}

type Result = { data?: Data; errors?: unknown };

/** The root field of each result; an error ends it with what the errors say. */
async function* dataOf(results: AsyncIterable<Result>) {
  for await (const { data, errors } of results) {
    if (errors) throw new AggregateError([errors], JSON.stringify(errors));
    yield Object.values(data)[0] as Data;
  }
}

async function* resultsOf(answer: Promise<Response>, signal: AbortSignal) {
  const results: Result[] = [];
  const onEvent = ({ event = '', data }: { event?: string | undefined; data: string }) => {
    if (event === 'next') results.push(JSON.parse(data));
  };
  const parser = createParser({ onEvent });
  const text = new TextDecoder();
  try {
    for await (const bytes of (await answer).body ?? []) {
      parser.feed(text.decode(bytes, { stream: true }));
      yield* results.splice(0);
    }
  } catch (thrown) {
    if (!signal.aborted) throw thrown;
  }
}
