import { Client, cacheExchange, fetchExchange, subscriptionExchange } from '@urql/core';
import type { Open } from './graphql-client.ts';
import { openSocketClient } from './graphql-ws-client.ts';

/** As its documentation has it, with its document cache. */
export const urql: Open = (address) => {
  const socket = openSocketClient(address);
  const client = new Client({
    url: `${address.url}/graphql`,
    preferGetMethod: false,
    fetchOptions: { headers: { authorization: `Bearer ${address.key}` } },
    exchanges: [
      cacheExchange,
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables = {} }) => ({
          subscribe: (sink) => ({
            // urql's types miss an `undefined` here.
            unsubscribe: socket.subscribe({ query, variables: { ...variables } }, sink as never),
          }),
        }),
      }),
    ],
  });
  return {
    async ask(text) {
      const mutates = text.trimStart().startsWith('mutation');
      const { data, error } = await (mutates ? client.mutation(text, {}) : client.query(text, {}));
      if (error) throw error;
      return data;
    },
    stream: (text) =>
      new Promise((resolve, reject) => {
        const events: unknown[] = [];
        client.subscription(text, {}).subscribe(({ data, error, hasNext }) => {
          if (error) return reject(error);
          if (data) events.push(data);
          if (!hasNext) resolve(events);
        });
      }),
    close: () => socket.dispose(),
  };
};
