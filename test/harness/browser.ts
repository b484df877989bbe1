import { WebSocket } from 'ws';
import type { Answered } from './running-app.ts';

/** A browser as far as sessions go: it keeps cookies and says which page it is on. */
export class Browser {
  readonly url: string;
  /** The page's origin; undefined for a program that is no browser. */
  origin: string | undefined;
  readonly cookies = new Map<string, string>();

  constructor(url: string, origin: string | undefined = new URL(url).origin) {
    this.url = url;
    this.origin = origin;
  }

  get headers(): Record<string, string> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    return {
      ...(cookie ? { cookie } : {}),
      ...(this.origin === undefined ? {} : { origin: this.origin }),
    };
  }

  async send(path: string, body?: object): Promise<Response> {
    const response = await fetch(`${this.url}${path}`, {
      method: body ? 'POST' : 'GET',
      redirect: 'manual',
      headers: { ...this.headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === '' || /max-age=0/i.test(cookie)) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  async ask(query: string, variables: object = {}): Promise<Answered> {
    const response = await this.send('/graphql', { query, variables });
    const body = (await response.json()) as Omit<Answered, 'status'>;
    return { ...body, status: response.status };
  }

  async signUp(email: string, password: string): Promise<Response> {
    return this.send('/auth/sign-up/email', { name: '', email, password });
  }

  async signIn(email: string, password: string): Promise<Response> {
    return this.send('/auth/sign-in/email', { email, password });
  }

  /** A socket of this page: what it is told, message by message, and how it is closed. */
  socket(): BrowserSocket {
    return new BrowserSocket(this);
  }
}

export class BrowserSocket {
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #messages: { type: string; payload?: unknown }[] = [];
  #wake = Promise.withResolvers<void>();

  constructor({ url, headers }: Browser) {
    const address = `${url.replace(/^http/, 'ws')}/graphql`;
    this.#socket = new WebSocket(address, 'graphql-transport-ws', { headers });
    this.closed = new Promise((resolve) => this.#socket.once('close', (code) => resolve(code)));
    this.#socket.once('open', () => this.send({ type: 'connection_init' }));
    this.#socket.on('message', (data) => {
      this.#messages.push(JSON.parse(String(data)));
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  subscribe(query: string): void {
    this.send({ id: '1', type: 'subscribe', payload: { query } });
  }

  /** The next message of this type. */
  // biome-ignore lint/suspicious/noExplicitAny: a payload has the form of its question
  async next(type: string): Promise<any> {
    for (;;) {
      const found = this.#messages.findIndex((message) => message.type === type);
      if (found !== -1) return this.#messages.splice(found, 1)[0]?.payload;
      await this.#wake.promise;
    }
  }

  close(): void {
    this.#socket.close();
  }
}
