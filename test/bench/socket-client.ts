import { once } from 'node:events';
import { WebSocket } from 'ws';
import { countTokens } from './prompt.ts';

const completed = Buffer.from('"type":"complete"');
const refused = /"errors"|"type":"error"/;

/** A client of `graphql-transport-ws`: one subscription at a time, its tokens counted. */
export class SocketClient {
  readonly #socket: WebSocket;
  #operations = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  static async open(url: string, credential: string): Promise<SocketClient> {
    const address = `${url.replace('http', 'ws')}/graphql`;
    const socket = new WebSocket(address, 'graphql-transport-ws', { perMessageDeflate: false });
    await once(socket, 'open');
    const acknowledged = once(socket, 'message');
    const payload = { authorization: `Bearer ${credential}` };
    socket.send(JSON.stringify({ type: 'connection_init', payload }));
    await acknowledged;
    return new SocketClient(socket);
  }

  /** Runs a subscription to its end; resolves with the tokens that came. */
  subscribe(payload: object): Promise<number> {
    const socket = this.#socket;
    let tokens = 0;
    return new Promise((resolve, reject) => {
      const take = (data: Buffer) => {
        tokens += countTokens(data);
        if (refused.test(data.toString('latin1', 0, 200))) reject(new Error(String(data)));
        if (!data.includes(completed)) return;
        socket.off('message', take).off('close', lose);
        resolve(tokens);
      };
      const lose = () => reject(new Error('the server closed the socket'));
      socket.on('message', take).once('close', lose);
      socket.send(JSON.stringify({ id: String(++this.#operations), type: 'subscribe', payload }));
    });
  }

  /** As `subscribe`; resolves with all that came, and how long the first of it took. */
  collect(payload: object): Promise<{ firstByteMs: number; payloads: unknown[] }> {
    const socket = this.#socket;
    const begun = performance.now();
    const payloads: unknown[] = [];
    let firstByteMs = Number.NaN;
    return new Promise((resolve, reject) => {
      const take = (data: Buffer) => {
        if (payloads.length === 0) firstByteMs = performance.now() - begun;
        const message = JSON.parse(String(data));
        if (message.type === 'next') return void payloads.push(message.payload);
        if (message.type !== 'complete') return reject(new Error(String(data)));
        socket.off('message', take).off('close', lose);
        resolve({ firstByteMs, payloads });
      };
      const lose = () => reject(new Error('the server closed the socket'));
      socket.on('message', take).once('close', lose);
      socket.send(JSON.stringify({ id: String(++this.#operations), type: 'subscribe', payload }));
    });
  }

  close(): void {
    this.#socket.removeAllListeners('close');
    this.#socket.terminate();
  }
}
