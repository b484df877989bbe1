import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type ChargeOutcome, chargePolicy } from '#credits';
import { parseMoney } from '#kernel';
import { windowMs } from '../../src/routing/window.ts';
import { hastyClock } from '../harness/hasty-clock.ts';
import {
  endMark,
  finishChunk,
  type StubScript,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp, wholeApp } from '../harness/whole-app.ts';
import { type Asked, type Surface, surfaces } from './surfaces.ts';

/** The published table of what is charged, walked row by row through every door. */
let app: WholeApp;
let acme: Customer;
let withOwnKey: Customer;
let first: UpstreamStub;
let second: UpstreamStub;
const clock = hastyClock();

beforeAll(async () => {
  first = await stubUpstream();
  second = await stubUpstream();
  app = await wholeApp({ clock });
  const model = 'acme/writer';
  const price = { promptPrice: '0.00001', completionPrice: '0.00002' };
  await offer(app.admin, { model, provider: 'first', baseUrl: first.url, ...price });
  await offer(app.admin, { model, provider: 'second', baseUrl: second.url, ...price });
  acme = await customer(app, '10000');
  withOwnKey = await customer(app, '10000');
  const { errors } = await app.admin.ask(
    `mutation ($input: AddProviderKeyInput!) { addProviderKey(input: $input) { __typename } }`,
    {
      input: {
        ...{ organizationId: withOwnKey.organizationId, provider: 'first' },
        ...{ name: 'Ours', secret: 'a-credential-of-their-own' },
      },
    },
  );
  expect(errors).toBeUndefined();
}, 240_000);
// The failures of one row are not held against the provider in the next, however fast they come.
beforeEach(() => clock.skip(windowMs));
afterAll(async () => {
  await app?.close();
  await Promise.all([first?.close(), second?.close()]);
}, 60_000);

interface Seen {
  readonly id: string;
  readonly status: string;
  readonly finishReason: string | null;
  readonly usage: { readonly charged: string };
  readonly charges: readonly { readonly kind: string; readonly amount: string }[];
}

async function newest({ organizationId }: Customer): Promise<Seen | undefined> {
  const { data } = await app.admin.ask(
    `query ($id: ID!) { node(id: $id) { ... on Organization { completions(first: 1) { nodes {
      id status finishReason usage { charged } charges { kind amount } } } } } }`,
    { id: organizationId },
  );
  return data.node.completions.nodes[0];
}

/** What the organization's next completion came to, and that its bill adds up. */
async function after(who: Customer, act: () => Promise<void>): Promise<Seen> {
  const before = (await newest(who))?.id;
  await act();
  const isNew = async () => (await newest(who))?.id;
  await expect.poll(isNew).not.toBe(before);
  const seen = (await newest(who)) as Seen;
  const sum = seen.charges.reduce((total, { amount }) => total + parseMoney(amount), 0n);
  expect(sum).toBe(parseMoney(seen.usage.charged));
  return seen;
}

/** Long enough an answer for every door to ask the provider for a stream. */
const limit = { maxTokens: 2_000, signal: new AbortController().signal };
const run = (surface: Surface, asked: Partial<Asked> = {}, who = acme) =>
  after(who, () => surface.run(who, { ...limit, ...asked }));
const kinds = ({ charges }: Seen) => charges.map(({ kind }) => kind);

const says =
  (text: string, { reason = 'stop', tokens = 2 } = {}): StubScript =>
  async (answer) => {
    await answer.sse(textChunk(text), finishChunk(reason), usageChunk(5, tokens), endMark);
    answer.end();
  };
const fails: StubScript = (answer) => answer.json(500, { error: { message: 'Out of order.' } });
const breaksOff: StubScript = async (answer) => {
  await answer.sse(textChunk('Half a fox '));
  answer.cut();
};

/** 5 × 0.00001 + 2 × 0.00002, and 5 % of it. */
const usual = { status: 'SUCCEEDED', usage: { charged: '0.0000945' } };

const walks: Readonly<Record<ChargeOutcome, (surface: Surface) => Promise<void>>> = {
  async SUCCEEDED(surface) {
    first.answerWith(says('The fox.'));
    const seen = await run(surface);
    expect(seen).toMatchObject({ ...usual, finishReason: 'STOP' });
    expect(kinds(seen)).toEqual(['PROMPT', 'COMPLETION', 'FEE']);
  },
  async CONTENT_FILTERED(surface) {
    first.answerWith(says('The fox.', { reason: 'content_filter' }));
    expect(await run(surface)).toMatchObject({ ...usual, finishReason: 'CONTENT_FILTER' });
  },
  async CANCELLED(surface) {
    const begun = Promise.withResolvers<void>();
    first.answerWith(async (answer, request) => {
      await answer.sse(textChunk('Half a fox '));
      begun.resolve();
      await request.aborted;
    });
    const leaving = new AbortController();
    const seen = await after(acme, async () => {
      const asked = { ...limit, signal: leaving.signal };
      const running = surface.run(acme, asked).catch(() => undefined);
      await begun.promise;
      leaving.abort();
      await running;
    });
    expect(seen).toMatchObject({ status: 'CANCELLED', finishReason: 'CANCELLED' });
    expect(kinds(seen)).toEqual(expect.arrayContaining(['PROMPT', 'FEE']));
    expect(kinds(seen)).not.toContain('WAIVED');
  },
  async BUDGET(surface) {
    if (surface.alwaysLimited) return;
    // 4,096 tokens of answer fit, and a few more.
    const poor = await customer(app, '0.09');
    first.answerWith((answer, request) => {
      const { max_tokens, max_completion_tokens } = request.body;
      const tokens = Number(max_tokens ?? max_completion_tokens);
      return says('word '.repeat(tokens), { reason: 'length', tokens })(answer, request);
    });
    const seen = await after(poor, () => surface.run(poor, { signal: limit.signal }));
    expect(seen).toMatchObject({ status: 'SUCCEEDED', finishReason: 'BUDGET' });
    const charged = parseMoney(seen.usage.charged);
    expect(charged > parseMoney('0.085') && charged <= parseMoney('0.09')).toBe(true);
  },
  async NOTHING_DELIVERED(surface) {
    first.answerWith(fails);
    second.answerWith(fails);
    const seen = await run(surface);
    expect(seen).toMatchObject({ status: 'FAILED', usage: { charged: '0' } });
    expect(kinds(seen)).toContain('WAIVED');
  },
  async BROKE_OFF(surface) {
    first.answerWith(breaksOff);
    const seen = await run(surface);
    expect(seen).toMatchObject({ status: 'FAILED', usage: { charged: '0' } });
    expect(kinds(seen)).toEqual(['PROMPT', 'COMPLETION', 'WAIVED']);
  },
  async CONTINUED(surface) {
    first.answerWith(breaksOff);
    second.answerWith(says('jumps over the dog.'));
    const seen = await run(surface, { goOn: true });
    expect(seen).toMatchObject({ status: 'SUCCEEDED', finishReason: 'STOP' });
    expect(kinds(seen)).toEqual(['PROMPT', 'COMPLETION', 'FEE']);
  },
  async REPEATED(surface) {
    first.answerWith(says('The fox.'));
    const key = crypto.randomUUID();
    const { id } = await run(surface, { key });
    const { balance } = await acme.credits();
    await surface.run(acme, { ...limit, key });
    expect((await acme.credits()).balance).toBe(balance);
    expect((await newest(acme))?.id).toBe(id);
  },
  async OWN_PROVIDER_KEY(surface) {
    first.answerWith(says('The fox.'));
    const seen = await run(surface, {}, withOwnKey);
    expect(seen).toMatchObject({ status: 'SUCCEEDED', usage: { charged: '0.0000045' } });
    expect(kinds(seen)).toEqual(['FEE']);
  },
};

describe.each(surfaces.map((surface) => [surface.name, surface] as const))('%s', (_, surface) => {
  it.each(Object.keys(chargePolicy) as ChargeOutcome[])(
    '%s',
    (outcome) => walks[outcome](surface),
    120_000,
  );
});

it('§26 a price that changes while it runs is charged as it was at admission', async () => {
  const [model, provider] = ['acme/fickle', 'fickle'];
  const upstream = await stubUpstream();
  const at = (completionPrice: string) =>
    offer(app.admin, { model, provider, baseUrl: upstream.url, promptPrice: '0', completionPrice });
  await at('0.00002');
  upstream.answerWith(async (answer, request) => {
    await at('0.5');
    await says('The fox.')(answer, request);
  });
  const seen = await after(acme, async () => {
    const input = { model, maxTokens: 2_000, messages: [{ role: 'USER', content: 'Go.' }] };
    await acme.ask(
      'mutation ($input: CompletionInput!) { complete(input: $input) { __typename } }',
      { input },
    );
  });
  expect(seen).toMatchObject({ status: 'SUCCEEDED', usage: { charged: '0.000042' } });
  await upstream.close();
}, 60_000);

it('the table is what the API publishes, and the ledger holds', async () => {
  const { data } = await app.demo.ask('{ platform { chargePolicy { outcome charged } } }');
  const published = Object.entries(chargePolicy).map(([outcome, { sentence }]) => ({
    outcome,
    charged: sentence,
  }));
  expect(data.platform.chargePolicy).toEqual(published);
  expect(await app.audit()).toEqual([]);
}, 60_000);
