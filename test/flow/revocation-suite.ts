import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type GraphqlClient, graphqlClient } from '../harness/graphql-client.ts';
import {
  type StubRequest,
  stubUpstream,
  textChunk,
  type UpstreamStub,
} from '../harness/upstream-stub.ts';
import { type Customer, customer, offer, type WholeApp } from '../harness/whole-app.ts';

/** Where keys are changed, and where they are used: one node, or two. */
export interface Place {
  readonly issuing: WholeApp;
  readonly serving: WholeApp;
  close(): Promise<void>;
}

const model = 'acme/endless';

/** A key that ends, in every way in which one can, wherever it is in use. */
export function revocationSuite(openPlace: () => Promise<Place>): void {
  let place: Place;
  let upstream: UpstreamStub;

  beforeAll(async () => {
    upstream = await stubUpstream();
    place = await openPlace();
    await offer(place.issuing.admin, { model, provider: 'endless', baseUrl: upstream.url });
  }, 180_000);
  beforeEach(() =>
    upstream.answerWith(async (answer) => {
      await answer.sse(textChunk('One '));
    }),
  );
  afterAll(async () => {
    expect(await place?.issuing.audit()).toEqual([]);
    await place?.close();
    await upstream?.close();
  }, 60_000);

  const act = async (mutation: string, variables: object) => {
    const { data, errors } = await place.issuing.admin.ask(mutation, variables);
    expect(errors).toBeUndefined();
    return Object.values(data)[0] as Record<string, string>;
  };

  /**
   * Until the serving node knows all that was changed before: changes are applied in their order.
   * It is not asked with a new key, which would be a guess until then.
   */
  async function heard(): Promise<void> {
    const slug = `acme/mark-${crypto.randomUUID()}`;
    const input = { slug, name: 'A mark', author: 'acme', contextLength: 1 };
    await act(
      `mutation ($input: UpsertModelInput!) { upsertModel(input: $input) { __typename } }`,
      { input },
    );
    const query = 'query ($slug: String!) { model(slug: $slug) { id } }';
    let known = null;
    while (!known) known = (await place.serving.admin.ask(query, { slug })).data.model;
  }

  /** A customer whose key the serving node knows. */
  async function known(): Promise<{ acme: Customer; client: GraphqlClient }> {
    const acme = await customer(place.issuing, '1000');
    await heard();
    return { acme, client: graphqlClient(place.serving.url, acme.key) };
  }

  const body = { model, stream: true, max_tokens: 50, messages: [{ role: 'user', content: 'Hi' }] };

  const post = (key: string) =>
    fetch(`${place.serving.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });

  const query = `subscription { completion(input: { model: "${model}", maxTokens: 50
    messages: [{ role: USER, content: "Hi" }] }) { __typename ... on TextDelta { text } } }`;

  /** A subscription as server-sent events of GraphQL; resolves when the first one comes. */
  const events = (key: string, asked: { query: string; variables?: object }) =>
    fetch(`${place.serving.url}/graphql`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        accept: 'text/event-stream',
      },
      body: JSON.stringify(asked),
    });

  /** What runs, as a list that moves. */
  const feed = `subscription ($organizationId: ID!) {
    completions(organizationId: $organizationId) { status } }`;

  /** A socket with a completion that runs on it; resolves with the code of its close. */
  function socket(key: string): Promise<number> {
    const opened = new WebSocket(
      `${place.serving.url.replace('http', 'ws')}/graphql`,
      'graphql-transport-ws',
    );
    const send = (message: object) => opened.send(JSON.stringify(message));
    opened.once('open', () =>
      send({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } }),
    );
    opened.on('message', (data) => {
      const { type } = JSON.parse(String(data));
      if (type === 'connection_ack') send({ id: '1', type: 'subscribe', payload: { query } });
    });
    return new Promise((resolve) => opened.once('close', resolve));
  }

  /** Everything that a key can be in the middle of, and how each of it ends. */
  async function inUse({ key, organizationId }: Customer) {
    const sent: StubRequest[] = [];
    const stream = post(key).then((response) => response.text());
    sent.push(await upstream.nextRequest());
    const watched = await events(key, { query: feed, variables: { organizationId } });
    const told = events(key, { query }).then((response) => response.text());
    sent.push(await upstream.nextRequest());
    const closed = socket(key);
    sent.push(await upstream.nextRequest());
    const aborted = Promise.all(sent.map((request) => request.aborted));
    return { stream, watched, told, closed, aborted };
  }

  async function expectEnded(
    key: string,
    client: GraphqlClient,
    running: Awaited<ReturnType<typeof inUse>>,
  ) {
    expect(await running.closed).toBe(4401);
    await running.aborted;
    expect(await running.stream).toContain('One ');
    expect(await running.told).toMatch(/One [\s\S]*event: complete/);
    expect(await running.watched.text()).toMatch(/RUNNING[\s\S]*UNAUTHENTICATED/);
    expect((await post(key)).status).toBe(401);
    const refused = await client.ask('{ viewer { __typename } }');
    expect(refused).toMatchObject({ status: 401 });
    expect(refused.errors?.[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(await socket(key)).toBe(4401);
  }

  const updated = (input: object) =>
    act(
      `mutation ($input: UpdateApiKeyInput!) { updateApiKey(input: $input) {
        ... on UpdateApiKeyPayload { apiKey { id } } ... on Error { message } } }`,
      { input },
    );

  const ways: Readonly<Record<string, (id: string) => Promise<unknown>>> = {
    revoked: (id) => act('mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }', { id }),
    disabled: (id) => updated({ id, disabled: true }),
    async expired(id) {
      let set: Record<string, unknown> = {};
      // What took so long that it is past by now is refused, and tried again with more time.
      for (let ms = 1_500; !set['apiKey']; ms *= 2) {
        set = await updated({ id, expiresAt: new Date(Date.now() + ms).toISOString() });
      }
    },
    rotated: (id) => act('mutation ($id: ID!) { rotateApiKey(id: $id) { __typename } }', { id }),
  };

  describe('a key that is', () => {
    it.each(Object.entries(ways))(
      '%s ends its streams upstream, closes its sockets with 4401, and is refused',
      { timeout: 60_000 },
      async (_way, end) => {
        const { acme, client } = await known();
        const running = await inUse(acme);
        await end(acme.keyId);
        await expectEnded(acme.key, client, running);
        // What another node holds is shown from its last renewal.
        let { held } = await acme.credits();
        while (held > 0n) ({ held } = await acme.credits());
      },
    );

    it('rotated with a grace goes on with both secrets', { timeout: 60_000 }, async () => {
      const { acme, client } = await known();
      const rotated = await act(
        `mutation ($id: ID!) { rotateApiKey(id: $id, graceSeconds: 600) {
          ... on RotateApiKeyPayload { secret } ... on Error { message } } }`,
        { id: acme.keyId },
      );
      await heard();
      const renewed = graphqlClient(place.serving.url, rotated['secret'] ?? '');
      for (const either of [renewed, client]) {
        expect((await either.ask('{ viewer { __typename } }')).status).toBe(200);
      }
    });

    it('over its limit is known, and told so; its socket stays', { timeout: 60_000 }, async () => {
      const { acme, client } = await known();
      await updated({ id: acme.keyId, creditLimit: '0.000001' });
      const mutation = `mutation { complete(input: { model: "${model}", maxTokens: 50
        messages: [{ role: USER, content: "Hi" }] }) { __typename ... on Error { code } } }`;
      upstream.answerWith((answer) => answer.json(500, {}));
      let code = '';
      while (code !== 'LIMIT_EXCEEDED') {
        code = (await client.ask(mutation)).data.complete.code;
      }
      expect((await post(acme.key)).status).toBe(402);
      expect((await client.ask('{ viewer { __typename } }')).status).toBe(200);
    });
  });
}
