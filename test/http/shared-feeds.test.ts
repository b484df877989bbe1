import { once } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import WebSocket from 'ws';
import { Figures } from '#metrics';
import { graphqlClient } from '../harness/graphql-client.ts';
import { key, type StandIn, serve, standIn } from '../harness/stand-in-rooms.ts';

let stand: StandIn;
let server: Awaited<ReturnType<typeof serve>>;
let sockets: WebSocket[] = [];
/** How often figures were asked for, and how often a result of the feed was made into text. */
let asked = 0;
let serialised = 0;
let requests = 0;

beforeEach(async () => {
  asked = 0;
  serialised = 0;
  requests = 1;
  const live = () => {
    asked++;
    return figuresOf(requests);
  };
  const figures = async () => live();
  stand = standIn({ metrics: { live, figures } as unknown as StandIn['rooms']['metrics'] });
  server = await serve(stand);
  const stringify = JSON.stringify;
  vi.spyOn(JSON, 'stringify').mockImplementation((value, ...rest) => {
    if ((value?.data ?? value?.payload?.data)?.providerMetrics) serialised++;
    return stringify(value, ...(rest as []));
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const socket of sockets) socket.terminate();
  sockets = [];
  await server.close();
});

function figuresOf(count: number): Figures {
  const figures = new Figures();
  for (let index = 0; index < count; index++) {
    figures.add({
      ...{ endpointId: 'end', at: 0, organizationId: 'org', app: null, outcome: 'ANSWERED' },
      ...{
        streamed: true,
        timeToFirstTokenMs: 1,
        durationMs: 2,
        promptTokens: 3,
        completionTokens: 4,
      },
      ...{ cost: 0n, charged: 0n, ranked: true, priced: true },
    });
  }
  return figures;
}

const document = `subscription ($window: MetricsWindow!) { providerMetrics(window: $window) {
  snapshot endpoints { endpoint { id metrics(window: $window) { requests } } }
} }`;

interface Follower {
  /** Messages of the feed so far, as they came. */
  readonly heard: string[];
  /** Resolves when this many have come. */
  upTo(count: number): Promise<void>;
}

/** A socket with so many subscriptions, all of the same. */
async function follow(subscriptions: number, window = 'ONE_MINUTE'): Promise<Follower[]> {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/graphql`, [
    'graphql-transport-ws',
  ]);
  sockets.push(socket);
  await once(socket, 'open');
  const followers = Array.from({ length: subscriptions }, () => new Heard());
  const acknowledged = Promise.withResolvers<void>();
  socket.on('message', (data) => {
    const { id, type, payload } = JSON.parse(String(data));
    if (type === 'connection_ack') acknowledged.resolve();
    // Wrapped, since a result by itself is counted.
    if (type === 'next')
      followers[Number(id)]?.take(JSON.stringify([payload.data.providerMetrics]));
  });
  socket.send(`{"type":"connection_init","payload":{"authorization":"Bearer ${key}"}}`);
  await acknowledged.promise;
  const payload = { query: document, variables: { window } };
  for (const id of followers.keys()) {
    socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload }));
  }
  return followers;
}

class Heard implements Follower {
  readonly heard: string[] = [];
  #wake = () => {};
  take(text: string): void {
    this.heard.push(text);
    this.#wake();
  }
  async upTo(count: number): Promise<void> {
    while (this.heard.length < count) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const endpoints = () => stand.market.models.flatMap((model) => model.endpoints).length;

it('a thousand subscriptions over ten sockets are computed, executed and serialised once a tick', {
  timeout: 60_000,
}, async () => {
  const followers = (await Promise.all(Array.from({ length: 10 }, () => follow(100)))).flat();
  await Promise.all(followers.map((follower) => follower.upTo(1)));
  const first = { asked, serialised };
  expect(first.serialised).toBe(1);
  expect(first.asked).toBe(2 * endpoints());

  requests = 2;
  await stand.clock.advance(1_000);
  await Promise.all(followers.map((follower) => follower.upTo(2)));
  expect(serialised - first.serialised).toBe(1);
  expect(asked - first.asked).toBe(2 * endpoints());
  expect(new Set(followers.map(({ heard }) => heard.join()))).toHaveLength(1);
  expect(followers[0]?.heard[1]).toContain('"snapshot":false');
});

it('a follower by event stream shares with those by socket', async () => {
  const [socket] = await follow(1);
  await socket?.upTo(1);
  const before = { asked, serialised };
  const variables = { window: 'ONE_MINUTE' };
  const stream = graphqlClient(server.url, key).overEventStream(document, variables);
  for await (const update of stream) {
    expect(JSON.stringify([update])).toBe(socket?.heard[0]);
    break;
  }
  expect({ asked, serialised }).toEqual(before);
});

it('other variables are another question', async () => {
  const [minute] = await follow(1, 'ONE_MINUTE');
  const [hour] = await follow(1, 'ONE_HOUR');
  await Promise.all([minute?.upTo(1), hour?.upTo(1)]);
  expect(serialised).toBe(2);
});
