import { readFile } from 'node:fs/promises';
import { type Kind, OperationTypeNode, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type RunningApp, runningApp } from '../harness/running-app.ts';
import { apollo } from './apollo-client.ts';
import type { GraphqlClient, Open } from './graphql-client.ts';
import { graphqlWs } from './graphql-ws-client.ts';
import { relay } from './relay-client.ts';
import { urql } from './urql-client.ts';

let running: RunningApp;
let operations: ReadonlyMap<string, string>;

beforeAll(async () => {
  running = await runningApp();
  operations = await readmeOperations();
});
afterAll(() => running.close());

/** What the README tells people to paste, by the name of the operation. */
async function readmeOperations(): Promise<ReadonlyMap<string, string>> {
  const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
  const blocks = [...readme.matchAll(/```graphql\n([\s\S]*?)```/g)].map(([, text = '']) => text);
  return new Map(blocks.map((text) => [nameOf(text), text]));
}

function nameOf(text: string): string {
  const [definition] = parse(text).definitions;
  if (definition?.kind !== ('OperationDefinition' as Kind.OPERATION_DEFINITION)) return '';
  return definition.name?.value ?? '';
}

const operation = (name: string) => operations.get(name) ?? expect.fail(`README lost ${name}`);

const clients: Readonly<Record<string, Open>> = {
  'graphql-ws': graphqlWs,
  '@apollo/client': apollo,
  '@urql/core': urql,
  'relay-runtime': relay,
};

it('the README has five operations', () => {
  expect([...operations.keys()]).toEqual(['Stream', 'Answer', 'Search', 'Plan', 'Money']);
  const kinds = [...operations.values()].map((text) => parse(text).definitions[0]);
  expect(kinds[0]).toMatchObject({ operation: OperationTypeNode.SUBSCRIPTION });
});

describe.each(Object.entries(clients))('%s runs the operations of the README', (_name, open) => {
  const use = async <Value>(key: () => string, act: (client: GraphqlClient) => Promise<Value>) => {
    const client = await open({ url: running.app.url, key: key() });
    try {
      return await act(client);
    } finally {
      await client.close();
    }
  };
  const demo = () => running.demoKey;

  it('Stream: event by event, to the end', async () => {
    const events = await use(demo, (client) => client.stream(operation('Stream')));
    const told = events.map(({ completion }) => completion);
    expect(told[0]).toMatchObject({ __typename: 'CompletionStarted', sequence: 1 });
    expect(told.at(-1)).toMatchObject({ __typename: 'CompletionFinished', finishReason: 'STOP' });
    expect(told.filter(({ __typename }) => __typename === 'TextDelta').length).toBeGreaterThan(1);
  });

  it('Answer', async () => {
    const { complete } = await use(demo, (client) => client.ask(operation('Answer')));
    expect(complete).toMatchObject({ text: 'Hello', completion: { charges: expect.any(Array) } });
  });

  it('Search', async () => {
    const { models } = await use(demo, (client) => client.ask(operation('Search')));
    expect(models.nodes.map(({ slug }: { slug: string }) => slug).join()).toContain('sonnet');
  });

  it('Plan', async () => {
    const { routePlan } = await use(demo, (client) => client.ask(operation('Plan')));
    expect(routePlan.candidates.length).toBeGreaterThan(1);
  });

  it('Money', async () => {
    const asked = (client: GraphqlClient) => client.ask(operation('Money'));
    const { organization } = await use(() => running.adminKey, asked);
    expect(organization.credits.ledger.nodes.length).toBeGreaterThan(0);
  });
});
