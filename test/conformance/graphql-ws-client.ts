import { createClient } from 'graphql-ws';
import WebSocket from 'ws';
import { type Address, type Open, socketUrl } from './graphql-client.ts';

export const openSocketClient = (address: Address) =>
  createClient({
    url: socketUrl(address),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${address.key}` },
  });

/** Everything over one socket. */
export const graphqlWs: Open = (address) => {
  const client = openSocketClient(address);
  const all = async (query: string) => {
    const events = [];
    for await (const { data, errors } of client.iterate({ query })) {
      if (errors) throw new AggregateError(errors);
      events.push(data);
    }
    return events;
  };
  return {
    stream: all,
    ask: async (query) => (await all(query))[0],
    close: () => client.dispose(),
  };
};
