import { expect } from 'vitest';
import { parseMoney } from '#kernel';
import type { Data, GraphqlClient } from '../harness/graphql-client.ts';
import { type StubScript, type UpstreamStub, wholeAnswer } from '../harness/upstream-stub.ts';
import { type Customer, offer, type WholeApp } from '../harness/whole-app.ts';

/** One token is all that it says, and that token costs a dollar: a completion needs just one. */
export const offerOfOneDollar = (app: WholeApp, upstream: UpstreamStub) =>
  offer(app.admin, {
    model: 'acme/dollar',
    provider: 'till',
    baseUrl: upstream.url,
    promptPrice: '0',
    completionPrice: '1',
  });

const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };

export const oneToken: StubScript = (answer) =>
  answer.json(200, { ...(wholeAnswer({ content: 'Yes' }) as object), usage });

const query = `mutation { complete(input: {
  model: "acme/dollar", maxTokens: 1, messages: [{ role: USER, content: "A dollar?" }]
}) {
  __typename
  ... on CompletePayload { completion { usage { charged } } }
  ... on InsufficientCreditsError { allowance required available }
} }`;

/** Nothing was started where the account could not be read: a client asks again. */
async function decision(node: GraphqlClient): Promise<Data> {
  for (;;) {
    const { data } = await node.ask(query);
    if (data.complete.__typename !== 'UnavailableError') return data.complete;
  }
}

/**
 * So many at once, spread over the nodes: what came of each. While they run no provider answers, so
 * that all that are admitted are in flight together.
 */
export async function allAtOnce(
  total: number,
  nodes: readonly GraphqlClient[],
  upstream: UpstreamStub,
): Promise<{ answered: number; refused: number }> {
  const decided = Promise.withResolvers<void>();
  let [answered, refused] = [0, 0];
  const look = () => {
    if (refused + upstream.requests.length >= total) decided.resolve();
  };
  upstream.answerWith(async (answer, request) => {
    look();
    await decided.promise;
    await oneToken(answer, request);
  });
  const asking = Array.from({ length: total }, async (_, index) => {
    const { __typename, ...rest } = await decision(nodes[index % nodes.length] as GraphqlClient);
    if (__typename === 'CompletePayload') {
      expect(rest.completion.usage.charged).toBe('1');
      answered++;
      return;
    }
    expect(__typename).toBe('InsufficientCreditsError');
    expect(rest).toMatchObject({ allowance: 'ORGANIZATION', required: '1' });
    refused++;
    look();
  });
  await Promise.all(asking);
  return { answered, refused };
}

/** What was charged is what was answered, and nothing is held any more. */
export async function expectSpent(acme: Customer, dollars: number, before: string): Promise<void> {
  const { balance, held } = await acme.credits();
  expect(held).toBe(0n);
  expect(balance).toBe(parseMoney(before) - parseMoney(String(dollars)));
  expect(balance).toBeGreaterThanOrEqual(0n);
}
