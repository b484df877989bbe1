import { once } from 'node:events';
import { WebSocket } from 'ws';

export interface AudienceOptions {
  readonly url: string;
  readonly key: string;
  readonly sockets: number;
  readonly subscriptionsEach: number;
  /** Of the subscriber with this number, counted over all sockets. */
  readonly payload: (subscriber: number) => object;
}

const mark = Buffer.from('"payload":');
const isUpdate = '"type":"next"';
const headBytes = 100;
/** Sockets that are opened at the same time: more would overflow the queue of those that wait. */
const openedAtOnce = 100;

/** An update as it came to the first who had it, and when it came to each. */
interface Update {
  readonly payload: Buffer;
  readonly times: number[];
}

/** Subscribers of feeds over many sockets, who count what comes and say when. */
export class Audience {
  readonly #options: AudienceOptions;
  readonly #sockets: WebSocket[] = [];
  /** Those that came since `forget`, by their text. */
  readonly #updates = new Map<string, Update>();
  #delivered = 0;

  private constructor(options: AudienceOptions) {
    this.#options = options;
  }

  /** Resolves when each has its first update. */
  static async open(options: AudienceOptions): Promise<Audience> {
    const audience = new Audience(options);
    await audience.grow(options.sockets);
    return audience;
  }

  /** By so many sockets. Resolves as `open` does. */
  async grow(sockets: number): Promise<void> {
    for (let left = sockets; left > 0; left -= openedAtOnce) {
      const count = Math.min(openedAtOnce, left);
      const first = this.#sockets.length;
      await Promise.all(Array.from({ length: count }, (_, next) => this.#join(first + next)));
    }
  }

  /** Updates that came to a subscriber so far. */
  get delivered(): number {
    return this.#delivered;
  }

  /** The last one. */
  get payload(): string {
    return String([...this.#updates.values()].at(-1)?.payload ?? '');
  }

  forget(): void {
    this.#updates.clear();
  }

  /**
   * From the first subscriber's having an update to each one's having it, of those that all have:
   * byte by byte the same.
   */
  lagsMs(): number[] {
    const subscribers = this.#sockets.length * this.#options.subscriptionsEach;
    const whole = [...this.#updates.values()].filter(({ times }) => times.length === subscribers);
    return whole.flatMap(({ times }) => times.map((time) => time - (times[0] ?? time)));
  }

  async #join(number: number): Promise<void> {
    const { url, key, subscriptionsEach, payload } = this.#options;
    const address = `${url.replace('http', 'ws')}/graphql`;
    const socket = new WebSocket(address, 'graphql-transport-ws', { perMessageDeflate: false });
    this.#sockets.push(socket);
    await once(socket, 'open');
    const acknowledged = once(socket, 'message');
    const credential = { authorization: `Bearer ${key}` };
    socket.send(JSON.stringify({ type: 'connection_init', payload: credential }));
    await acknowledged;
    await new Promise<void>((resolve, reject) => {
      let waiting = subscriptionsEach;
      socket.once('close', () => reject(new Error('the server closed the socket')));
      socket.on('message', (data: Buffer) => {
        if (!data.toString('latin1', 0, headBytes).includes(isUpdate))
          return reject(new Error(String(data)));
        this.#take(data);
        if (--waiting === 0) resolve();
      });
      for (let id = 0; id < subscriptionsEach; id++) {
        const asked = payload(number * subscriptionsEach + id);
        socket.send(JSON.stringify({ id: String(id), type: 'subscribe', payload: asked }));
      }
    });
  }

  #take(data: Buffer): void {
    this.#delivered++;
    const payload = data.subarray(data.indexOf(mark) + mark.length, -1);
    const text = payload.toString('latin1');
    const update = this.#updates.get(text) ?? { payload, times: [] };
    if (update.times.push(performance.now()) === 1) this.#updates.set(text, update);
  }

  close(): void {
    for (const socket of this.#sockets) socket.removeAllListeners('close').terminate();
  }
}
