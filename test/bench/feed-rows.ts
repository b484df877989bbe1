import { Audience } from './audience.ts';
import { atMost, compare, type Line, median, rounded } from './figures.ts';
import { HttpConnection } from './http-client.ts';
import { checkReply, pause } from './load.ts';
import type { MeasuredProcess } from './measured-process.ts';
import type { Asked } from './prompt.ts';
import { chatRequest, graphqlRequest, metricsFeed } from './requests.ts';
import type { Row } from './rows.ts';
import { type Bourse, model, type Stage } from './stage.ts';

const rounds = 7;
const measuredMs = 3_000;
/** Often, so that what the process does besides is little against it. */
const often = { interval: 'QUARTER_SECOND', everyMs: 250 };
/** At least one completion in each interval, so that every tick has something to tell. */
const trafficEveryMs = 150;
const answered: Asked = { tokens: 8, everyMs: 0, waitMs: 0 };

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

export async function withTraffic<T>(
  stage: Stage,
  use: (bourse: Bourse) => Promise<T>,
): Promise<T> {
  const bourse = await stage.bourse();
  const stop = await traffic(bourse);
  try {
    return await use(bourse);
  } finally {
    await stop();
  }
}

/** What a while of a feed costs the process that gives it, with all that it does besides. */
export async function listening(process: MeasuredProcess, audience: Pick<Audience, 'delivered'>) {
  const [before, begun, delivered] = [await process.usage(), performance.now(), audience.delivered];
  await pause(measuredMs);
  const after = await process.usage();
  const updates = audience.delivered - delivered;
  const micros = (performance.now() - begun) * 1_000;
  const cores = (after.cpuMicros - before.cpuMicros) / micros;
  return { cores, updates, microsPerUpdate: (cores * micros) / updates };
}

/** What it uses while nobody listens, one reading after the other. */
async function silence(process: MeasuredProcess): Promise<number[]> {
  const cores: number[] = [];
  while (cores.length < rounds) cores.push((await listening(process, { delivered: 0 })).cores);
  return cores;
}

/** A thousand dashboards, a socket each, against as many ready frames to as many. */
const feed: Row = {
  name: 'feed',
  run: (stage) =>
    withTraffic(stage, async (bourse) => {
      const payload = () => metricsFeed(null, often.interval);
      const dashboards = { sockets: 1_000, subscriptionsEach: 1, payload };
      const raw = await stage.rawFeed();
      await pause(measuredMs);
      const quiet = await silence(bourse);
      const own = await Audience.open({ ...dashboards, url: bourse.url, key: bourse.key });
      await pause(measuredMs); // the last payload is an update now, not the snapshot
      raw.tell({ payload: own.payload, everyMs: often.everyMs });
      const limit = await Audience.open({ ...dashboards, url: raw.url, key: 'none' });
      await pause(measuredMs);
      const sides: { own: Heard; limit: Heard }[] = [];
      for (let round = 0; round < rounds; round++) {
        sides.push({ limit: await listening(raw, limit), own: await listening(bourse, own) });
      }
      own.close();
      limit.close();
      await pause(measuredMs);
      const idle = median([...quiet, ...(await silence(bourse))]);
      return [ratioLine(sides, idle)];
    }),
};

type Heard = Awaited<ReturnType<typeof listening>>;

/** What a side sends less than this of what the other does is no comparison. */
const sameShare = 0.8;

function ratioLine(sides: readonly { own: Heard; limit: Heard }[], idle: number): Line {
  const costs = sides.map(({ own, limit }) => {
    if (own.updates < sameShare * limit.updates) {
      throw new Error(`${own.updates} updates against ${limit.updates}`);
    }
    return {
      figure: own.microsPerUpdate * (1 - idle / own.cores),
      reference: limit.microsPerUpdate,
    };
  });
  const { figure, reference, ratio, ratioMin, ratioMax } = compare(costs);
  return {
    row: 'feed',
    what: 'update of a metrics feed, 1,000 subscribers on as many sockets, four a second',
    figure: `${rounded(figure)} µs/update`,
    reference: `${rounded(reference)} µs/update`,
    ratio: `${ratio.toFixed(2)} (${ratioMin.toFixed(2)}–${ratioMax.toFixed(2)})`,
    bar: atMost(1.3, '×'),
    measured: ratio,
  };
}

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
        {
          row: 'feed-filters',
          what: `an update a second of ${filters} different filters, 2,000 subscribers`,
          figure: `${cores.toFixed(2)} cores`,
          reference: '',
          ratio: '',
          bar: atMost(1, 'cores'),
          measured: cores,
        },
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

export const feedRows: readonly Row[] = [feed, filtered];
