import { createHash } from 'node:crypto';
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { GraphQLWsLink } from '@apollo/client/link/subscriptions';
import { isAbstractType, OperationTypeNode } from 'graphql';
import { schema } from '#schema';
import type { Open } from './graphql-client.ts';
import { openSocketClient } from './graphql-ws-client.ts';

/** What its cache has to know of a schema. */
const possibleTypes = Object.fromEntries(
  Object.values(schema.getTypeMap())
    .filter(isAbstractType)
    .map((type) => [type.name, schema.getPossibleTypes(type).map(({ name }) => name)]),
);

/** As its documentation has it: queries by POST and by hash, subscriptions over a socket. */
export const apollo: Open = (address) => {
  const socket = openSocketClient(address);
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
  const http = new HttpLink({
    uri: `${address.url}/graphql`,
    headers: { authorization: `Bearer ${address.key}` },
  });
  const client = new ApolloClient({
    cache: new InMemoryCache({ possibleTypes }),
    link: ApolloLink.split(
      ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
      new GraphQLWsLink(socket),
      new PersistedQueryLink({ sha256 }).concat(http),
    ),
  });
  return {
    async ask(text) {
      const document = gql(text);
      const [definition] = document.definitions;
      const mutates =
        definition && 'operation' in definition && definition.operation === 'mutation';
      const { data, error } = mutates
        ? await client.mutate({ mutation: document })
        : await client.query({ query: document });
      if (error) throw error;
      return data;
    },
    stream: (text) =>
      new Promise((resolve, reject) => {
        const events: unknown[] = [];
        client.subscribe({ query: gql(text), fetchPolicy: 'no-cache' }).subscribe({
          next: ({ data, error }) => (error ? reject(error) : events.push(data)),
          error: reject,
          complete: () => resolve(events),
        });
      }),
    close() {
      client.stop();
      return socket.dispose();
    },
  };
};
