import {
  Environment,
  type GraphQLResponse,
  Network,
  Observable,
  RecordSource,
  Store,
} from 'relay-runtime';
import type { Open } from './graphql-client.ts';
import { openSocketClient } from './graphql-ws-client.ts';

/** Relay's environment over its own network layer; documents go without its compiler. */
export const relay: Open = (address) => {
  const socket = openSocketClient(address);
  const network = Network.create(
    async ({ text }, variables) => {
      const response = await fetch(`${address.url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          authorization: `Bearer ${address.key}`,
        },
        body: JSON.stringify({ query: text, variables }),
      });
      return response.json();
    },
    ({ text }, variables) =>
      Observable.create<GraphQLResponse>((sink) =>
        socket.subscribe({ query: text ?? '', variables }, sink as never),
      ),
  );
  const environment = new Environment({ network, store: new Store(new RecordSource()) });
  const all = (text: string, operationKind: 'query' | 'mutation' | 'subscription') =>
    new Promise<unknown[]>((resolve, reject) => {
      const events: unknown[] = [];
      const request = { id: null, cacheID: text, name: operationKind, operationKind, text };
      const results = environment.getNetwork().execute({ ...request, metadata: {} }, {}, {});
      results.subscribe({
        next: (result) => {
          if (!('data' in result) || !result.data) return reject(new Error(JSON.stringify(result)));
          events.push(result.data);
        },
        error: reject,
        complete: () => resolve(events),
      });
    });
  return {
    async ask(text) {
      const kind = text.trimStart().startsWith('mutation') ? 'mutation' : 'query';
      return (await all(text, kind))[0];
    },
    stream: (text) => all(text, 'subscription'),
    close: () => socket.dispose(),
  };
};
