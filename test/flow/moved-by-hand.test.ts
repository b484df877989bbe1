import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Data } from '../harness/graphql-client.ts';
import { type Customer, customer, type WholeApp, wholeApp } from '../harness/whole-app.ts';

let app: WholeApp;
let acme: Customer;

beforeAll(async () => {
  app = await wholeApp();
}, 240_000);
beforeEach(async () => {
  acme = await customer(app, '1');
});
afterEach(async () => expect(await app.audit()).toEqual([]));
afterAll(() => app?.close());

type Move = 'grantCredits' | 'adjustCredits' | 'refundCompletion';

/** Moves a dollar or what is said else, under the key `once`. */
async function move(name: Move, given: object = {}): Promise<Data> {
  const type = `${name[0]?.toUpperCase()}${name.slice(1)}`;
  const { data } = await app.admin.ask(
    `mutation ($input: ${type}Input!) { ${name}(input: $input) { __typename
      ... on ${type}Payload { entry { id kind amount } } ... on Error { message code } } }`,
    { input: { reason: 'As agreed', idempotencyKey: 'once', ...given } },
  );
  return data[name];
}

const dollar = () => ({ organizationId: acme.organizationId, amount: '1' });

async function completion(model = 'sandbox/echo'): Promise<Data> {
  const { data } = await acme.ask(`mutation { complete(input: { model: "${model}", maxTokens: 20
    messages: [{ role: USER, content: "one two three" }] }) {
    ... on CompletePayload { completion { id usage { charged } } }
    ... on CompletionError { completion { id usage { charged } } } } }`);
  return data.complete.completion;
}

/** What the audit log tells of money that was moved, the newest first. */
async function told(): Promise<Data> {
  const { data } = await app.admin.ask(
    `query ($id: ID!) { node(id: $id) { ... on Organization {
      auditLog(first: 10) { nodes { action subject details } } } } }`,
    { id: acme.organizationId },
  );
  return data.node.auditLog.nodes.filter(({ action }: Data) => /^credits\./.test(action));
}

const otherwise = { code: 'CONFLICT', message: expect.stringContaining('something else') };

it('a key that adjusted a balance grants nothing, and none of it is told as a grant', async () => {
  const { entry } = await move('adjustCredits', dollar());
  expect(entry.kind).toBe('ADJUSTMENT');
  expect(await move('grantCredits', dollar())).toMatchObject(otherwise);
  expect(await told()).toMatchObject([
    { action: 'credits.adjusted', subject: entry.id },
    { action: 'credits.granted', details: { reason: 'To begin with' } },
  ]);
});

it.each(['grantCredits', 'adjustCredits'] as const)(
  '%s under one key and for two reasons is refused, and told for the first alone',
  async (name) => {
    const { entry } = await move(name, dollar());
    expect(await move(name, { ...dollar(), reason: 'Something new' })).toMatchObject(otherwise);
    expect((await move(name, dollar())).entry).toEqual(entry);
    const events = (await told()).filter(({ subject }: Data) => subject === entry.id);
    expect(events).toMatchObject([{ details: { amount: '1', reason: 'As agreed' } }]);
  },
);

it('a key that gave back a part of a charge does not pass for all of it', async () => {
  const { id: completionId, usage } = await completion();
  const part = { completionId, amount: '0.000000000001' };
  const { entry } = await move('refundCompletion', part);
  expect(await move('refundCompletion', { completionId })).toMatchObject(otherwise);
  const { entry: rest } = await move('refundCompletion', { completionId, idempotencyKey: 'rest' });
  expect(await move('refundCompletion', { completionId, idempotencyKey: 'rest' })).toMatchObject({
    entry: rest,
  });
  const events = (await told()).slice(0, 2);
  expect(events.map(({ subject, details }: Data) => [subject, details.amount])).toEqual([
    [rest.id, rest.amount],
    [entry.id, '0.000000000001'],
  ]);
  expect((await acme.credits()).balance).toBe(10n ** 12n);
  expect(usage.charged).not.toBe('0');
});

it('of a completion that was not charged, nothing is said to have been given back', async () => {
  const { id: completionId, usage } = await completion('sandbox/fail-500');
  expect(usage.charged).toBe('0');
  const { code, message } = await move('refundCompletion', { completionId });
  expect([code, message]).toEqual(['CONFLICT', expect.stringContaining('nothing left')]);
});
