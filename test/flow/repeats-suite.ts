import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DatabaseKind } from '../harness/databases.ts';
import type { Data } from '../harness/graphql-client.ts';
import {
  endMark,
  finishChunk,
  saying,
  stubUpstream,
  textChunk,
  type UpstreamStub,
  usageChunk,
} from '../harness/upstream-stub.ts';
import {
  type Customer,
  customer,
  customerAt,
  type LastingPlace,
  lastingPlace,
  offer,
  type WholeApp,
  wholeApp,
} from '../harness/whole-app.ts';

/** The same promises on every database. */
export function repeatsSuite(kind: DatabaseKind): void {
  let place: LastingPlace;
  let app: WholeApp;
  let acme: Customer;
  let upstream: UpstreamStub;

  beforeAll(async () => {
    upstream = await stubUpstream();
    place = await lastingPlace(kind);
    app = await wholeApp(place);
    await offer(app.admin, { model: 'acme/writer', provider: 'printer', baseUrl: upstream.url });
    acme = await customer(app, '1000');
  }, 180_000);
  afterAll(async () => {
    await app?.close();
    await place?.remove();
    await upstream?.close();
  }, 60_000);

  const send = (key: string, content: string, more: object = {}) =>
    fetch(`${app.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'Content-Type': 'application/json',
        Authorization: `Bearer ${acme.key}`,
        'Idempotency-Key': key,
      },
      body: JSON.stringify({
        model: 'acme/writer',
        max_tokens: 10,
        messages: [{ role: 'user', content }],
        ...more,
      }),
    });
  const charges = () => acme.credits().then(({ balance }) => balance);
  const idOf = ({ headers }: Response) => headers.get('x-generation-id');
  const complete = async (key: string, content: string): Promise<Data> => {
    const { data } = await acme.ask(
      `mutation ($key: String!, $content: String!) { complete(input: { model: "acme/writer",
        maxTokens: 10, idempotencyKey: $key, messages: [{ role: USER, content: $content }] }) {
        __typename
        ... on CompletePayload { text replayed completion { id status usage { charged } } }
        ... on Error { code message }
      } }`,
      { key, content },
    );
    return data.complete;
  };

  it('STREAM 9: at once under one key, by both surfaces: one completion, one charge', async () => {
    const before = await charges();
    const called = upstream.requests.length;
    const [key, content] = [crypto.randomUUID(), 'At once.'];
    const answers = await Promise.all([1, 2, 3].map(() => send(key, content)));
    const bodies = await Promise.all(answers.map((answer) => answer.json() as Promise<Data>));
    const byGraphql = await complete(key, content);
    expect(new Set([...answers.map(idOf), byGraphql.completion.id]).size).toBe(1);
    expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBe(1);
    expect(byGraphql).toMatchObject({ text: 'Hello', replayed: false });
    expect(upstream.requests.length).toBe(called + 1);
    const charged = BigInt(Math.round(bodies[0].usage.cost * 1e6)) * 10n ** 6n;
    expect(charged).toBeGreaterThan(0n);
    expect(before - (await charges())).toBe(charged);
  });

  it('another body under the key is a conflict, over both surfaces', async () => {
    const key = crypto.randomUUID();
    expect((await send(key, 'One thing.')).status).toBe(200);
    const called = upstream.requests.length;
    const other = await send(key, 'Another thing.');
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ error: { code: 409 } });
    expect((await send(key, 'One thing.', { temperature: 0.5 })).status).toBe(409);
    expect(await complete(key, 'Another thing.')).toMatchObject({
      __typename: 'ConflictError',
      code: 'CONFLICT',
    });
    expect(upstream.requests.length).toBe(called);
  });

  it('startCompletion twice with one key starts one, whichever way it is watched', async () => {
    const key = crypto.randomUUID();
    const called = upstream.requests.length;
    const start = async () => {
      const { data } = await acme.ask(
        `mutation ($key: String!) { startCompletion(input: { model: "acme/writer",
          idempotencyKey: $key, messages: [{ role: USER, content: "Start." }] }) {
          ... on StartCompletionPayload { completion { id } } } }`,
        { key },
      );
      return data.startCompletion.completion.id;
    };
    const [one, other] = await Promise.all([start(), start()]);
    expect(one).toBe(other);
    const watched = acme.overWebSocket(
      `subscription ($key: String!) { completion(input: { model: "acme/writer",
        idempotencyKey: $key, messages: [{ role: USER, content: "Start." }] }) { completionId } }`,
      { key },
    );
    for await (const { completionId } of watched) expect(completionId).toBe(one);
    expect(upstream.requests.length).toBe(called + 1);
  });

  it('§11 a client that hangs up and repeats its key finds the answer that went on', async () => {
    const key = crypto.randomUUID();
    const more = Promise.withResolvers<void>();
    upstream.answerWith(async (answer) => {
      await answer.sse(textChunk('Half '));
      await more.promise;
      await answer.sse(textChunk('and half.'), finishChunk(), usageChunk(5, 2), endMark);
      answer.end();
    });
    const first = await send(key, 'Hang up.', { stream: true });
    await first.body?.cancel();
    const called = upstream.requests.length;
    const again = send(key, 'Hang up.', { stream: true });
    more.resolve();
    const said = await (await again).text();
    expect(said).toContain('Half ');
    expect(said).toContain('and half.');
    expect(idOf(await again)).toBe(idOf(first));
    expect(upstream.requests.length).toBe(called);
    upstream.answerWith(saying('Hello'));
  });

  it('vectors are given again while they are kept; later the repeat says what became of them', {
    timeout: 120_000,
  }, async () => {
    const embed = async (key: string) => {
      const { data } = await acme.ask(
        `mutation ($key: String!) { embed(input: { model: "sandbox/embed", input: ["One"],
          idempotencyKey: $key }) { __typename
          ... on EmbedPayload { vectors completion { id } } ... on Error { code message } } }`,
        { key },
      );
      return data.embed;
    };
    const key = crypto.randomUUID();
    const first = await embed(key);
    expect(first.vectors).toHaveLength(1);
    expect(await embed(key)).toEqual(first);
    const before = await charges();
    await app.close();
    app = await wholeApp(place);
    acme = customerAt(app, acme);
    const refused = await embed(key);
    expect(refused).toMatchObject({ __typename: 'ConflictError', code: 'CONFLICT' });
    expect(refused.message).toContain(first.completion.id);
    expect(await charges()).toBe(before);
  });

  it('after a restart a repeat is still the same completion, and nothing is charged', {
    timeout: 120_000,
  }, async () => {
    const key = crypto.randomUUID();
    const first = await send(key, 'Keep.');
    expect(first.status).toBe(200);
    await first.text();
    const before = await charges();
    const called = upstream.requests.length;
    await app.close();
    app = await wholeApp(place);
    acme = customerAt(app, acme);
    const repeated = await send(key, 'Keep.');
    expect(repeated.status).toBe(409);
    expect(idOf(repeated)).toBe(idOf(first));
    expect(await repeated.text()).toContain(idOf(first));
    expect((await send(key, 'Keep.', { stream: true })).status).toBe(409);
    expect((await send(key, 'Other.')).status).toBe(409);
    expect(await complete(key, 'Keep.')).toMatchObject({
      text: null,
      replayed: true,
      completion: { id: idOf(first), status: 'SUCCEEDED' },
    });
    expect(upstream.requests.length).toBe(called);
    expect(await charges()).toBe(before);
    expect(await app.audit()).toEqual([]);
  });
}
