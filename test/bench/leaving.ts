import { once } from 'node:events';
import { connect } from 'node:net';
import { WebSocket } from 'ws';
import { type Line, percentile, rounded } from './figures.ts';
import type { MeasuredProcess } from './measured-process.ts';
import { type Asked, tokenMark } from './prompt.ts';
import { chatRequest, subscription } from './requests.ts';
import type { Row } from './rows.ts';

const samples = 100;
const barMs = 250;
/** Longer than anybody stays. */
const endless: Asked = { tokens: 10_000, everyMs: 5, waitMs: 0 };

const now = () => performance.timeOrigin + performance.now();

/** Reads the first token of an answer, leaves, and says when; then what is left is closed. */
type Leave = (url: string, key: string) => Promise<{ readonly at: number; close(): void }>;

/** A client whose connection is gone. */
const vanish: Leave = async (url, key) => {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), noDelay: true });
  socket.write(chatRequest(key, endless, true));
  for await (const piece of socket) if ((piece as Buffer).includes(tokenMark)) break; // closes it
  return { at: now(), close: () => {} };
};

/** A client that ends its subscription and stays. */
const unsubscribe: Leave = async (url, key) => {
  const address = `${url.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(address, 'graphql-transport-ws', { perMessageDeflate: false });
  const say = (message: object) => socket.send(JSON.stringify(message));
  await once(socket, 'open');
  say({ type: 'connection_init', payload: { authorization: `Bearer ${key}` } });
  await once(socket, 'message');
  say({ type: 'subscribe', id: '1', payload: subscription(endless, 0) });
  for (let [data] = await once(socket, 'message'); !data.includes(tokenMark); ) {
    [data] = await once(socket, 'message');
  }
  say({ type: 'complete', id: '1' });
  return { at: now(), close: () => socket.close() };
};

/** From a client's leaving until its provider sees that, one client at a time. */
export const leaving: Row = {
  name: 'leaving',
  async run(stage) {
    const [bourse, provider] = [await stage.bourse(), await stage.provider()];
    const line = async (what: string, leave: Leave): Promise<Line> => {
      const times: number[] = [];
      for (let sample = 0; sample < samples; sample++) {
        times.push(await seenAfter(provider, () => leave(bourse.url, bourse.key)));
      }
      const worst = Math.max(...times);
      return {
        row: 'leaving',
        what: `from ${what} to the provider's seeing it: p50, and the longest of ${samples}`,
        figure: `${rounded(percentile(times, 50))} ms, ${rounded(worst)} ms`,
        reference: '',
        ratio: '',
        bar: { kind: 'at most', value: barMs, unit: 'ms' },
        measured: worst,
      };
    };
    return [
      await line('a lost connection', vanish),
      await line('the end of a subscription', unsubscribe),
    ];
  },
};

async function seenAfter(provider: MeasuredProcess, leave: () => ReturnType<Leave>) {
  const seen = provider.said();
  const left = await leave();
  const { leftAt } = (await seen) as { leftAt: number };
  left.close();
  return Math.max(0, leftAt - left.at);
}
