import { type Line, percentile, rounded } from './figures.ts';
import { HttpConnection } from './http-client.ts';
import { pause } from './load.ts';
import { type Asked, tokenMark } from './prompt.ts';
import { chatRequest, graphqlRequest, subscription } from './requests.ts';
import type { Row } from './rows.ts';
import { SocketClient } from './socket-client.ts';
import type { Bourse } from './stage.ts';

const streams = 2_000;
/** Twenty tokens in ten seconds: all of them have begun long before the first one ends. */
const slowly: Asked = { tokens: 20, everyMs: 500, waitMs: 0 };
const whole = tokenMark.toString().repeat(slowly.tokens);
/** When nearly all are in their middle. */
const lookAfterMs = 6_000;
/** So many compile the code. */
const warming = 100;

/** One of the crowd, on a connection of its own. */
interface Client {
  stream(): Promise<Streamed>;
  close(): void;
}

interface Streamed {
  readonly firstByteMs: number;
  readonly whole: boolean;
  /** To be shown when it is not. */
  readonly lastWords: string;
}

interface Surface {
  readonly name: string;
  readonly what: string;
  readonly open: (bourse: Bourse) => Promise<Client>;
}

interface Event {
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[];
  readonly data?: { readonly completion?: { readonly text?: string } };
}

const deltaText = ({ choices }: Event) => choices?.[0]?.delta?.content ?? '';
const eventText = ({ data }: Event) => data?.completion?.text ?? '';

const overHttp =
  (request: (key: string) => Buffer, textIn: (event: Event) => string) =>
  async ({ url, key }: Bourse): Promise<Client> => {
    const connection = await HttpConnection.open(url);
    const asked = request(key);
    return {
      async stream() {
        const { status, body, firstByteMs } = await connection.send(asked);
        const events = body.toString().match(/^data: \{.*$/gm) ?? [];
        const said = events.map((line) => textIn(JSON.parse(line.slice(6)))).join('');
        const end = body.toString('utf8').slice(-600);
        const lastWords = `status ${status}, ${body.length} bytes, at its end ${end}`;
        return { firstByteMs, whole: status === 200 && said === whole, lastWords };
      },
      close: () => connection.close(),
    };
  };

async function overSocket({ url, key }: Bourse): Promise<Client> {
  const client = await SocketClient.open(url, key);
  return {
    async stream() {
      const { firstByteMs, payloads } = await client.collect(subscription(slowly, 20));
      const said = payloads.map((payload) => eventText(payload as Event)).join('');
      const lastWords = `${payloads.length} events, the last ${JSON.stringify(payloads.at(-1))}`;
      return { firstByteMs, whole: said === whole, lastWords };
    },
    close: () => client.close(),
  };
}

const surfaces: readonly Surface[] = [
  {
    name: 'crowd-openai',
    what: 'OpenAI surface',
    open: overHttp((key) => chatRequest(key, slowly, true), deltaText),
  },
  {
    name: 'crowd-sse',
    what: 'GraphQL over SSE',
    open: overHttp(
      (key) => graphqlRequest(key, subscription(slowly, 20), 'text/event-stream'),
      eventText,
    ),
  },
  { name: 'crowd-websocket', what: 'GraphQL over WebSocket', open: overSocket },
];

/** More at the same time would overflow the queue of those that wait. */
const openedAtOnce = 100;

async function gather({ open }: Surface, bourse: Bourse): Promise<Client[]> {
  const clients: Client[] = [];
  while (clients.length < streams) {
    const opening = Array.from({ length: openedAtOnce }, () => open(bourse));
    clients.push(...(await Promise.all(opening)));
  }
  return clients;
}

/** Two thousand streams at once on one node: none is refused, and each says every word. */
export const crowdRows: readonly Row[] = surfaces.map((surface) => ({
  name: surface.name,
  async run(stage) {
    const bourse = await stage.bourse();
    const clients = await gather(surface, bourse);
    await Promise.all(clients.slice(0, warming).map((each) => each.stream()));
    const before = await bourse.usage();
    const answering = Promise.all(clients.map((each) => each.stream()));
    await pause(lookAfterMs);
    const during = await bourse.usage();
    const streamed = await answering;
    for (const each of clients) each.close();
    const bytes = Math.max(0, during.rssBytes - before.rssBytes) / streams;
    const missed = streamed.filter((each) => !each.whole);
    const [example] = missed;
    if (example) process.stderr.write(`One that was not whole: ${example.lastWords}\n`);
    const exact = streamed.length - missed.length;
    const first = percentile(
      streamed.map(({ firstByteMs }) => firstByteMs),
      99,
    );
    const line: Line = {
      row: surface.name,
      what: `${streams} streams at once, ${surface.what}: whole, first bytes p99 ${rounded(first)} ms`,
      figure: `${exact} streams`,
      reference: `${rounded(bytes / 1_024)} KiB a stream`,
      ratio: `${rounded(during.rssBytes / 2 ** 20)} MiB`,
      bar: { kind: 'at least', value: streams, unit: 'streams' },
      measured: exact,
    };
    return [line];
  },
}));
