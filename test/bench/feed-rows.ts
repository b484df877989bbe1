import { Audience } from './audience.ts';
import { type Bar, compare, type Line, percentile, rounded } from './figures.ts';
import { HttpConnection } from './http-client.ts';
import { checkReply, pause } from './load.ts';
import type { MeasuredProcess } from './measured-process.ts';
import type { Asked } from './prompt.ts';
import { chatRequest, graphqlRequest, metricsFeed } from './requests.ts';
import type { Row } from './rows.ts';
import { type Bourse, model, type Stage } from './stage.ts';

const rounds = 3;
const measuredMs = 5_000;
/** Updates that everybody has in that time, the first and the last of which may be cut. */
const ticksMin = 3;
/** Several completions in each second, so that every tick has something to tell. */
const trafficEveryMs = 250;
const answered: Asked = { tokens: 8, everyMs: 0, waitMs: 0 };
const everything = () => metricsFeed(null);

/** Completions that go on until it is called. */
async function traffic({ url, key }: Bourse): Promise<() => Promise<void>> {
  const connection = await HttpConnection.open(url);
  const request = chatRequest(key, answered, false);
  let over = false;
  const running = (async () => {
    while (!over) {
      checkReply(await connection.send(request), answered.tokens);
      await pause(trafficEveryMs);
    }
  })();
  return async () => {
    over = true;
    await running;
    connection.close();
  };
}

async function withTraffic<T>(stage: Stage, use: (bourse: Bourse) => Promise<T>): Promise<T> {
  const bourse = await stage.bourse();
  const stop = await traffic(bourse);
  try {
    return await use(bourse);
  } finally {
    await stop();
  }
}

/** What a while of a feed costs the process that gives it, beyond what else it does. */
async function listening(
  process: MeasuredProcess,
  audience: Pick<Audience, 'delivered'>,
  idleCores = 0,
) {
  const [before, begun, delivered] = [await process.usage(), performance.now(), audience.delivered];
  await pause(measuredMs);
  const after = await process.usage();
  const micros = (performance.now() - begun) * 1_000;
  const cores = (after.cpuMicros - before.cpuMicros) / micros - idleCores;
  return { cores, microsPerUpdate: (cores * micros) / (audience.delivered - delivered) };
}

interface Found {
  readonly row: string;
  readonly what: string;
  readonly figure: string;
  readonly bar: Bar;
  readonly measured: number;
}

const line = (found: Found): Line => ({ reference: '', ratio: '', ...found });
const atMost = (value: number, unit: string): Bar => ({ kind: 'at most', value, unit });

/** A thousand dashboards, a socket each, against ready frames to as many. */
const feed: Row = {
  name: 'feed',
  run: (stage) =>
    withTraffic(stage, async (bourse) => {
      const dashboards = { sockets: 1_000, subscriptionsEach: 1, payload: everything };
      const raw = await stage.rawFeed();
      await pause(measuredMs);
      const { cores: idle } = await listening(bourse, { delivered: 0 });
      const own = await Audience.open({ ...dashboards, url: bourse.url, key: bourse.key });
      await pause(measuredMs); // the last payload is an update now, not the snapshot
      raw.tell({ payload: own.payload });
      const limit = await Audience.open({ ...dashboards, url: raw.url, key: 'none' });
      const costs: { figure: number; reference: number }[] = [];
      for (let round = 0; round < rounds; round++) {
        const reference = (await listening(raw, limit)).microsPerUpdate;
        costs.push({ reference, figure: (await listening(bourse, own, idle)).microsPerUpdate });
      }
      own.close();
      limit.close();
      const { figure, reference, ratio, ratioMin, ratioMax } = compare(costs);
      return [
        {
          row: 'feed',
          what: 'update of a metrics feed, 1,000 subscribers on as many sockets',
          figure: `${rounded(figure)} µs/update`,
          reference: `${rounded(reference)} µs/update`,
          ratio: `${ratio.toFixed(2)} (${ratioMin.toFixed(2)}–${ratioMax.toFixed(2)})`,
          bar: atMost(1.3, '×'),
          measured: ratio,
        },
      ];
    }),
};

/** A second's update to ten thousand subscribers of one node. */
const crowd = (sockets: number, subscriptionsEach: number): Row => ({
  name: `feed-crowd-${sockets}`,
  run: (stage) =>
    withTraffic(stage, async (bourse) => {
      const subscribers = sockets * subscriptionsEach;
      const few = sockets / 10; // with them the process has grown to what it is in any case
      const audience = await Audience.open({
        ...{ sockets: few, subscriptionsEach, payload: everything },
        ...{ url: bourse.url, key: bourse.key },
      });
      await pause(measuredMs);
      const { rssBytes: before } = await bourse.usage();
      await audience.grow(sockets - few);
      await pause(measuredMs);
      const { rssBytes: after } = await bourse.usage();
      audience.forget();
      const { cores } = await listening(bourse, audience);
      const lagsMs = audience.lagsMs();
      audience.close();
      const who = `10,000 subscribers on ${sockets} sockets`;
      const bytesEach = (after - before) / (subscribers - few * subscriptionsEach);
      const [p50, p99] = [percentile(lagsMs, 50), percentile(lagsMs, 99)];
      const ticks = lagsMs.length / subscribers;
      if (ticks < ticksMin) throw new Error(`Only ${ticks} updates came to everybody`);
      return [
        line({
          row: `feed-crowd-${sockets}`,
          what: `an update a second to ${who}`,
          figure: `${cores.toFixed(2)} cores`,
          bar: atMost(0.5, 'cores'),
          measured: cores,
        }),
        line({
          row: `feed-crowd-${sockets}`,
          what: `the first one's having it to the others': p50 and p99 of ${ticks} updates`,
          figure: `${rounded(p50)} ms, ${rounded(p99)} ms`,
          bar: atMost(500, 'ms'),
          measured: p99,
        }),
        line({
          row: `feed-crowd-${sockets}`,
          what: `resident memory of a subscriber, ${who}`,
          figure: `${rounded(bytesEach / 1_024)} KiB`,
          bar: atMost(20, 'KiB'),
          measured: bytesEach / 1_024,
        }),
      ];
    }),
});

const filters = 200;

/** As many questions, each with what changes in it, so that nothing is shared between them. */
const filtered: Row = {
  name: 'feed-filters',
  run: (stage) =>
    withTraffic(stage, async (bourse) => {
      const others = await slugs(bourse);
      const payload = (subscriber: number) =>
        metricsFeed({ models: [model, others[subscriber % filters]] });
      const audience = await Audience.open({
        ...{ sockets: 20, subscriptionsEach: 100, payload },
        ...{ url: bourse.url, key: bourse.key },
      });
      await pause(measuredMs);
      const { cores } = await listening(bourse, audience);
      audience.close();
      return [
        line({
          row: 'feed-filters',
          what: `an update a second of ${filters} different filters, 2,000 subscribers`,
          figure: `${cores.toFixed(2)} cores`,
          bar: atMost(1, 'cores'),
          measured: cores,
        }),
      ];
    }),
};

/** Of models: with the one that has traffic, each makes another question. */
async function slugs({ url, key }: Bourse): Promise<string[]> {
  const connection = await HttpConnection.open(url);
  const query =
    '{ models(first: 100) { nodes { slug } } more: models(last: 100) { nodes { slug } } }';
  const { body } = await connection.send(graphqlRequest(key, { query }));
  connection.close();
  const { data } = JSON.parse(String(body));
  const found = new Set<string>([...data.models.nodes, ...data.more.nodes].map(({ slug }) => slug));
  if (found.size < filters) throw new Error(`Only ${found.size} models to filter by`);
  return [...found];
}

export const feedRows: readonly Row[] = [feed, crowd(100, 100), crowd(10_000, 1), filtered];
