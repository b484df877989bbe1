import { alternate, type Side } from './alternate.ts';
import { crowdRows } from './crowd-rows.ts';
import { feedCrowdRows } from './feed-crowd-rows.ts';
import { feedRows } from './feed-rows.ts';
import { atMost, type Bar, compare, type Line, percentile, rounded } from './figures.ts';
import { HttpConnection } from './http-client.ts';
import { keyRow } from './key-rows.ts';
import { leaving } from './leaving.ts';
import { hotOrganizationRow, usageRow } from './ledger-rows.ts';
import { checkReply, httpLoad, type Load, pause, socketLoad } from './load.ts';
import type { MeasuredProcess } from './measured-process.ts';
import type { Asked } from './prompt.ts';
import { catalogPage, chatRequest, graphqlRequest, smallQuery, subscription } from './requests.ts';
import type { Database, Stage } from './stage.ts';
import { startRow } from './start-row.ts';

export interface Row {
  readonly name: string;
  run(stage: Stage): Promise<Line[]>;
}

/** Streams warm up so. */
const inHurry = (asked: Asked): Asked => ({ ...asked, everyMs: 0, waitMs: 0 });

/** 50 at a time, 5,000 tokens a second: what a busy node sees, one token a read and a write. */
const paced: Asked = { tokens: 100, everyMs: 10, waitMs: 0 };
const pacedStreams = 50;
const pacedMs = 3_000;
/** 16 at a time, as fast as they go. */
const bulk: Asked = { tokens: 200, everyMs: 0, waitMs: 0 };
const bulkStreams = 16;
/** 64 at a time, about 490 a second. */
const answered: Asked = { tokens: 64, everyMs: 0, waitMs: 128 };
const answers = 64;
/** The same without the wait, 32 at a time. */
const atOnce: Asked = { tokens: 64, everyMs: 0, waitMs: 0 };
const answersAtOnce = 32;

const noKey = 'none';
const names: Record<Database, string> = { server: 'PostgreSQL', embedded: 'embedded' };

interface Described {
  readonly row: string;
  readonly what: string;
  readonly bar: Bar;
}

async function ratioLine(
  { row, what, bar }: Described,
  sides: readonly [Side, Side],
  { ms, unit }: { ms: number; unit: string },
): Promise<Line> {
  const costs = await alternate(...sides, ms);
  const { figure, reference, ratio, ratioMin, ratioMax } = compare(
    costs.map(({ own, limit }) => ({
      figure: own.microsPerUnit,
      reference: limit.microsPerUnit,
    })),
  );
  return {
    row,
    what,
    figure: `${rounded(figure)} µs/${unit}`,
    reference: `${rounded(reference)} µs/${unit}`,
    ratio: `${ratio.toFixed(2)} (${ratioMin.toFixed(2)}–${ratioMax.toFixed(2)})`,
    bar,
    measured: ratio,
  };
}

/** Something over the OpenAI surface, against the bare proxy. */
function chatRow(options: {
  row: string;
  what: string;
  bar: number;
  asked: Asked;
  stream: boolean;
  connections: number;
  ms: number;
}): Row {
  const { row, what, asked, stream, connections, ms } = options;
  const unit = stream ? 'token' : 'answer';
  return {
    name: row,
    async run(stage) {
      const bare = await stage.bareProxy();
      const lines: Line[] = [];
      for (const database of stream ? stage.databases.slice(0, 1) : stage.databases) {
        const bourse = await stage.bourse(database);
        const side = async (process: MeasuredProcess, key: string): Promise<Side> => {
          const { url } = process;
          const { tokens } = asked;
          const load = (how: Asked) => {
            const request = chatRequest(key, how, stream);
            return httpLoad({ url, request: () => request, connections, tokens, unit });
          };
          const hurried = { load: await load(inHurry(asked)), units: stream ? tokens : 1 };
          return { process, load: await load(asked), hurried };
        };
        const sides = [await side(bourse, bourse.key), await side(bare, noKey)] as const;
        const described = { row, what: `${what}, ${names[database]}`, bar: atMost(options.bar) };
        lines.push(await ratioLine(described, sides, { ms, unit }));
      }
      return lines;
    },
  };
}

/** A paced stream over GraphQL, against raw frames on a WebSocket. */
function streamRow(options: {
  row: string;
  what: string;
  bar: number;
  coalesceMs: number;
  over: 'WebSocket' | 'SSE';
}): Row {
  const { row, what, bar, coalesceMs, over } = options;
  return {
    name: row,
    async run(stage) {
      const [bourse, raw] = [await stage.bourse(), await stage.rawSocket()];
      const { tokens } = paced;
      const side = async (process: MeasuredProcess, load: (payload: object) => Promise<Load>) => {
        const hurried = await load(subscription(inHurry(paced), coalesceMs));
        return {
          process,
          load: await load(subscription(paced, coalesceMs)),
          hurried: { load: hurried, units: tokens },
        };
      };
      const sockets = (process: MeasuredProcess, key: string): Promise<Side> =>
        side(process, (payload) =>
          socketLoad({ payload, sockets: pacedStreams, tokens, url: process.url, key }),
        );
      const events = (): Promise<Side> =>
        side(bourse, (payload) => {
          const request = graphqlRequest(bourse.key, payload, 'text/event-stream');
          const work = { connections: pacedStreams, tokens, unit: 'token' } as const;
          return httpLoad({ ...work, url: bourse.url, request: () => request });
        });
      const own = over === 'SSE' ? await events() : await sockets(bourse, bourse.key);
      const described = { row, what, bar: atMost(bar) };
      const sides = [own, await sockets(raw, noKey)] as const;
      return [await ratioLine(described, sides, { ms: pacedMs, unit: 'token' })];
    },
  };
}

/** A query, against the bytes of its own answer. */
function queryRow(options: { row: string; what: string; bar: number; payload(): object }): Row {
  const { row, what, bar, payload } = options;
  return {
    name: row,
    async run(stage) {
      const [bourse, prepared] = [await stage.bourse(), await stage.preparedBytes()];
      const request = () => graphqlRequest(bourse.key, payload());
      const connection = await HttpConnection.open(bourse.url);
      const reply = await connection.send(request());
      connection.close();
      checkReply(reply, null);
      prepared.tell({ answer: reply.body.toString() });
      const side = async (process: MeasuredProcess): Promise<Side> => {
        const work = { connections: 16, tokens: null, unit: 'answer' } as const;
        return { process, load: await httpLoad({ ...work, url: process.url, request }) };
      };
      const kibibytes = rounded(reply.body.length / 1_024);
      const described = { row, what: `${what} (${kibibytes} KiB)`, bar: atMost(bar) };
      const sides = [await side(bourse), await side(prepared)] as const;
      return [await ratioLine(described, sides, { ms: 800, unit: 'query' })];
    },
  };
}

const perSecond: Record<Database, number> = { server: 3_000, embedded: 2_000 };

const saturation: Row = {
  name: 'completion-saturated',
  async run(stage) {
    const bare = await stage.bareProxy();
    const lines: Line[] = [];
    for (const database of stage.databases) {
      const bourse = await stage.bourse(database);
      const side = async (process: MeasuredProcess, key: string): Promise<Side> => {
        const request = chatRequest(key, atOnce, false);
        const work = { connections: answersAtOnce, tokens: atOnce.tokens, unit: 'answer' } as const;
        const { url } = process;
        return { process, load: await httpLoad({ ...work, url, request: () => request }) };
      };
      const own = await side(bourse, bourse.key);
      const costs = await alternate(own, await side(bare, noKey), 2_000);
      const { figure, reference, ratio, ratioMin, ratioMax } = compare(
        costs.map((round) => ({
          figure: round.own.unitsPerSecond,
          reference: round.limit.unitsPerSecond,
        })),
      );
      lines.push({
        row: this.name,
        what: `completions at saturation, ${names[database]}`,
        figure: `${rounded(figure)} /s`,
        reference: `${rounded(reference)} /s`,
        ratio: `${ratio.toFixed(2)} (${ratioMin.toFixed(2)}–${ratioMax.toFixed(2)})`,
        bar: { kind: 'at least', value: perSecond[database], unit: '/s' },
        measured: figure,
      });
    }
    return lines;
  },
};

const latencySamples = 500;

/** The same request to the provider and through Bourse, in turns, nothing else going on. */
const latency: Row = {
  name: 'latency',
  async run(stage) {
    const [bourse, provider] = [await stage.bourse(), await stage.provider()];
    const times = async (stream: boolean, of: 'firstByteMs' | 'totalMs') => {
      const direct = await HttpConnection.open(provider.url);
      const through = await HttpConnection.open(bourse.url);
      const [own, limit]: [number[], number[]] = [[], []];
      const request = chatRequest(bourse.key, atOnce, stream);
      for (let sample = -100; sample < latencySamples; sample++) {
        const [near, far] = [await direct.send(request), await through.send(request)];
        checkReply(far, atOnce.tokens);
        if (sample < 0) continue;
        limit.push(near[of]);
        own.push(far[of]);
      }
      direct.close();
      through.close();
      return (rank: number) => ({ own: percentile(own, rank), limit: percentile(limit, rank) });
    };
    const line = (what: string, bar: number, { own, limit }: { own: number; limit: number }) => ({
      row: this.name,
      what: `added latency, one at a time: ${what}`,
      figure: `${rounded(own)} ms`,
      reference: `${rounded(limit)} ms`,
      ratio: `+${(own - limit).toFixed(2)} ms`,
      bar: atMost(bar, 'ms'),
      measured: own - limit,
    });
    const whole = await times(false, 'totalMs');
    const first = await times(true, 'firstByteMs');
    return [
      line('whole answer, p50', 1, whole(50)),
      line('whole answer, p99', 5, whole(99)),
      line('first token, p50', 1.5, first(50)),
    ];
  },
};

const mebibytes: Record<Database, number> = { server: 250, embedded: 450 };

/** Resident memory after saturation and while paced streams run. */
const memory: Row = {
  name: 'memory',
  async run(stage) {
    const lines: Line[] = [];
    for (const database of stage.databases) {
      const bourse = await stage.bourse(database);
      const load = async (asked: Asked, stream: boolean, connections: number) => {
        const request = chatRequest(bourse.key, asked, stream);
        const work = { url: bourse.url, connections, tokens: asked.tokens, unit: 'token' } as const;
        return httpLoad({ ...work, request: () => request });
      };
      const full = await load(atOnce, false, answersAtOnce);
      await full.run(2_000);
      const streams = await load(paced, true, pacedStreams);
      const running = streams.run(pacedMs);
      await pause(pacedMs - 100);
      const { rssBytes } = await bourse.usage();
      await running;
      full.close();
      streams.close();
      lines.push({
        row: this.name,
        what: `resident memory under that load, ${names[database]}`,
        figure: `${rounded(rssBytes / 2 ** 20)} MiB`,
        reference: '',
        ratio: '',
        bar: atMost(mebibytes[database], 'MiB'),
        measured: rssBytes / 2 ** 20,
      });
    }
    return lines;
  },
};

let nonce = 0;

/**
 * In the order of the table. Memory comes after all the others that load a server; the row of keys
 * and those of the ledger ask their room alone.
 */
export const rows: readonly Row[] = [
  startRow,
  chatRow({
    row: 'openai-paced',
    what: 'streamed token, OpenAI surface, paced',
    bar: 1.5,
    asked: paced,
    stream: true,
    connections: pacedStreams,
    ms: pacedMs,
  }),
  chatRow({
    row: 'openai-bulk',
    what: 'streamed token, OpenAI surface, in bulk',
    bar: 2,
    asked: bulk,
    stream: true,
    connections: bulkStreams,
    ms: 1_000,
  }),
  ...(
    [
      ['WebSocket', 0, 1.8],
      ['WebSocket', 20, 1.2],
      ['SSE', 0, 2.2],
      ['SSE', 20, 1.5],
    ] as const
  ).map(([over, coalesceMs, bar]) =>
    streamRow({
      row: `${over.toLowerCase()}-${coalesceMs}`,
      what: `streamed token, GraphQL over ${over}, coalesceMs: ${coalesceMs}`,
      bar,
      coalesceMs,
      over,
    }),
  ),
  chatRow({
    row: 'completion-paced',
    what: 'completion, paced',
    bar: 2,
    asked: answered,
    stream: false,
    connections: answers,
    ms: 1_300,
  }),
  saturation,
  queryRow({
    row: 'catalog-repeated',
    what: '50 models × endpoints, repeated',
    bar: 2.5,
    payload: () => catalogPage(),
  }),
  queryRow({
    row: 'catalog-new',
    what: '50 models × endpoints, new',
    bar: 12,
    payload: () => catalogPage(++nonce),
  }),
  queryRow({ row: 'small-query', what: 'small query', bar: 3, payload: () => smallQuery(++nonce) }),
  latency,
  leaving,
  ...feedRows,
  ...feedCrowdRows,
  ...crowdRows,
  memory,
  keyRow,
  usageRow,
  hotOrganizationRow,
];
