import { connect as connectPlain, isIP, type LookupFunction, type Socket } from 'node:net';
import { connect as connectSecure } from 'node:tls';
import type { AnswerHead, Kept } from './answer-head.ts';
import { Answers, type AnswerTaker } from './answers.ts';
import type { Destination } from './destination.ts';
import { Reading } from './reading.ts';

/** Whoever has sent a request and waits for its answer. Told nothing after `end` or `failed`. */
export interface ConnectionUser {
  connected(): void;
  /** An informational answer (1xx). */
  informed(): void;
  head(head: AnswerHead): void;
  /** The bytes are the next read's afterwards. */
  body(bytes: Buffer, start: number, end: number): void;
  /** The answer is whole, and the connection no longer the user's. */
  end(): void;
  /** The connection is lost; null when the other side closed it properly, in the middle. */
  failed(error: Error | null): void;
}

export interface ConnectionOptions {
  readonly to: Destination;
  /** How names are found; as the system does where it is left out. */
  readonly lookup?: LookupFunction | undefined;
  /** Of an earlier TLS connection to the same place: it saves half of the handshake. */
  readonly session?: Buffer | undefined;
  readonly onSession: (session: Buffer) => void;
  /** It can carry another request. */
  readonly onFree: (connection: Connection, kept: Kept) => void;
  /** It cannot; whether it ever stood. */
  readonly onGone: (connection: Connection, stood: boolean) => void;
}

/**
 * What a read brings is used up before the next one, on whatever socket: they share these bytes,
 * where Node would take 64 KiB for each read.
 */
const shared = Buffer.allocUnsafeSlow(64 * 1024);
const probeAfterMs = 1_000;

/**
 * A kept connection to a provider, for one request at a time. Not node:http's, which makes a
 * streamed token a third dearer: `docs/decisions` has the figures.
 */
export class Connection implements AnswerTaker {
  readonly #options: ConnectionOptions;
  readonly #socket: Socket;
  readonly #answers = new Answers(this);
  #user: ConnectionUser | null = null;
  #connected = false;
  #requests = 0;
  #heard = false;
  #gone = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#socket = this.#dial();
    const { secure } = options.to;
    this.#socket.once(secure ? 'secureConnect' : 'connect', () => {
      this.#connected = true;
      this.#user?.connected();
    });
    this.#socket.on('session', options.onSession);
    this.#socket.on('error', (error) => this.#lose(error));
    this.#socket.on('end', () => this.#answers.close() || this.#lose(null));
    this.#socket.on('close', () => this.#lose(null));
    this.#socket.on('timeout', () => this.destroy());
  }

  /** It was kept, and nothing has come for this request: it may have been closed meanwhile. */
  get maybeStale(): boolean {
    return this.#requests > 1 && !this.#heard;
  }

  /** The head in Latin-1, as HTTP has it. */
  send(head: string, body: string, user: ConnectionUser): void {
    this.#user = user;
    this.#requests++;
    this.#heard = false;
    this.#socket.setTimeout(0);
    this.#socket.ref();
    if (this.#connected) user.connected();
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    this.#socket.write(body);
    this.#socket.uncork();
  }

  /** Reads no more for now: what comes waits in the system's buffers. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** At once; its user is told no more. */
  destroy(): void {
    this.#user = null;
    this.#socket.destroy();
    if (this.#gone) return;
    this.#gone = true;
    this.#options.onGone(this, this.#connected);
  }

  /**
   * Nobody uses it: it is closed after so long, and keeps no process alive. It is read, whether or
   * not its user had paused it: what comes now, if only its end, makes it useless.
   */
  rest(ms: number): void {
    this.#socket.resume();
    this.#socket.setTimeout(ms);
    this.#socket.unref();
  }

  informed(): void {
    this.#user?.informed();
  }

  head(head: AnswerHead): void {
    this.#user?.head(head);
  }

  body(bytes: Buffer, start: number, end: number): void {
    this.#user?.body(bytes, start, end);
  }

  end(kept: Kept | null): void {
    const user = this.#user;
    this.#user = null;
    // An answer before the whole request has gone out leaves a rest that would stand before the
    // next one.
    if (kept && user && this.#socket.writableLength === 0) this.#options.onFree(this, kept);
    else this.destroy();
    user?.end();
  }

  #dial(): Socket {
    const { to, lookup, session } = this.#options;
    const { host, port } = to;
    const options = {
      host,
      port,
      ...(lookup && { lookup }),
      noDelay: true,
      keepAlive: true,
      keepAliveInitialDelay: probeAfterMs,
      onread: { buffer: shared, callback: (length: number) => this.#read(length) },
    };
    if (!to.secure) return connectPlain(options);
    return connectSecure({
      ...options,
      ...(isIP(host) ? {} : { servername: host }),
      ...(session && { session }),
      ALPNProtocols: ['http/1.1'],
    });
  }

  #read(length: number): boolean {
    this.#heard = true;
    try {
      if (this.#user) this.#answers.read(new Reading(shared, length));
      else this.destroy(); // nobody asked
    } catch (thrown) {
      this.#lose(thrown as Error);
    }
    return true;
  }

  #lose(error: Error | null): void {
    const user = this.#user;
    this.destroy();
    user?.failed(error);
  }
}
