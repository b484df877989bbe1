import { type Line, percentile, rounded } from './figures.ts';
import { HttpConnection, type HttpReply } from './http-client.ts';
import { pause } from './load.ts';
import { type Asked, tokenMark } from './prompt.ts';
import { chatRequest, graphqlRequest, subscription } from './requests.ts';
import type { Row } from './rows.ts';

const streams = 2_000;
/** Twenty tokens in ten seconds: all of them have begun long before the first one ends. */
const slowly: Asked = { tokens: 20, everyMs: 500, waitMs: 0 };
const whole = tokenMark.toString().repeat(slowly.tokens);
/** When nearly all are in their middle. */
const lookAfterMs = 6_000;
/** So many compile the code. */
const warming = 100;

interface Surface {
  readonly name: string;
  readonly what: string;
  readonly request: (key: string) => Buffer;
  /** The text of one event's data. */
  readonly textIn: (event: Event) => string | undefined;
}

interface Event {
  readonly choices?: readonly { readonly delta?: { readonly content?: string } }[];
  readonly data?: { readonly completion?: { readonly text?: string } };
}

const surfaces: readonly Surface[] = [
  {
    name: 'crowd-openai',
    what: 'OpenAI surface',
    request: (key) => chatRequest(key, slowly, true),
    textIn: ({ choices }) => choices?.[0]?.delta?.content,
  },
  {
    name: 'crowd-sse',
    what: 'GraphQL over SSE',
    request: (key) => graphqlRequest(key, subscription(slowly, 20), 'text/event-stream'),
    textIn: ({ data }) => data?.completion?.text,
  },
];

/** Two thousand streams at once on one node: none is refused, and each says every word. */
export const crowdRows: readonly Row[] = surfaces.map((surface) => ({
  name: surface.name,
  async run(stage) {
    const bourse = await stage.bourse();
    const opening = Array.from({ length: streams }, () => HttpConnection.open(bourse.url));
    const connections = await Promise.all(opening);
    const request = surface.request(bourse.key);
    const crowd = () => Promise.all(connections.map((connection) => connection.send(request)));
    await Promise.all(connections.slice(0, warming).map((each) => each.send(request)));
    const before = await bourse.usage();
    const answering = crowd();
    await pause(lookAfterMs);
    const during = await bourse.usage();
    const replies = await answering;
    for (const connection of connections) connection.close();
    const bytes = Math.max(0, during.rssBytes - before.rssBytes) / streams;
    const missed = replies.filter((reply) => !saidAll(reply, surface));
    const [example] = missed;
    if (example) process.stderr.write(`One that was not whole: ${lastWordsOf(example)}\n`);
    const exact = replies.length - missed.length;
    const first = percentile(
      replies.map(({ firstByteMs }) => firstByteMs),
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

const lastWordsOf = ({ status, body }: HttpReply) =>
  `status ${status}, ${body.length} bytes, at its end ${body.toString('utf8').slice(-600)}`;

function saidAll({ status, body }: HttpReply, { textIn }: Surface): boolean {
  const events = body.toString().match(/^data: \{.*$/gm) ?? [];
  const said = events.map((line) => textIn(JSON.parse(line.slice(6))) ?? '').join('');
  return status === 200 && said === whole;
}
