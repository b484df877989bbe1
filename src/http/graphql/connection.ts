import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type FormattedExecutionResult, GraphQLError } from 'graphql';
import { makeServer, type SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { actingFrom, type Origin } from '#audit';
import { ConnectionLost } from '#completions';
import { anonymous, type Principal } from '#identity';
import { type Clock, Fault, type Log, type Take } from '#kernel';
import type { Rooms } from '#schema';
import type { SocketAllowances } from '../allowance.ts';
import { callerOf, ForeignOrigin } from '../callers.ts';
import { credentialEnded, whileValid } from '../credential-life.ts';
import { requestIdOf } from '../exchange.ts';
import type { Engine, Operation, OperationRequest } from './engine.ts';
import { nextFrames } from './next-frames.ts';
import { pointsLeft } from './points.ts';
import { pumped } from './pumped.ts';
import { closing, type Result } from './results.ts';
import { bytesOf } from './shared-results.ts';

const pingMs = 12_000;
const initMs = 3_000;
const lifeMs = 24 * 3_600_000;
/** Running operations on one socket. */
const operationsMax = 100;

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  /** Whose acts its operations are, for the audit. */
  readonly origin: Origin;
  readonly engine: Engine;
  readonly rooms: Rooms;
  readonly log: Log;
  readonly allowances: SocketAllowances;
}

/** An operation that runs, with what ends it. */
interface Running extends Operation {
  readonly ends: AbortController;
}

/**
 * One socket that speaks `graphql-transport-ws`; the protocol itself is graphql-ws'. What is added:
 * every operation has a signal that says whether its client ended it or was lost, credentials are
 * looked at again for each operation, and what comes of it is bounded.
 */
export class Connection {
  readonly #options: Omit<ConnectionOptions, 'request'>;
  readonly #wire: Socket;
  /** What opened the socket, until its credentials are known: it is larger than all the rest. */
  #request: IncomingMessage | null;
  readonly #requestId: string;
  readonly #running = new Set<AbortController>();
  #principal: Principal = anonymous;
  #draining = false;

  constructor({ request, ...options }: ConnectionOptions) {
    const { socket, rooms } = options;
    this.#options = options;
    this.#wire = request.socket;
    this.#request = request;
    this.#requestId = requestIdOf(request);
    const life = rooms.clock.after(lifeMs, () => this.close(1001, 'A socket lives for a day'));
    // Before anything else hears of the close: who just vanished has not ended its operations.
    socket.once('close', () => {
      life.cancel();
      for (const ends of this.#running) ends.abort(new ConnectionLost('the socket was closed'));
    });
    speak(options, {
      connectionInitWaitTimeout: initMs,
      onConnect: ({ connectionParams }) => this.#connect(connectionParams),
      onSubscribe: (_connection, id, payload) => this.#subscribe(id, payload),
      execute: (operation) => this.#start(operation as Running), // what `onSubscribe` gave
      subscribe: (operation) => this.#start(operation as Running),
      onNext: (...given) => this.#shown(given[4]),
      onError: (...given) => this.#present(given[3]),
    });
  }

  /** Closes it in `delayMs`, or when its last operation has ended. */
  drain(delayMs: number): void {
    this.#options.rooms.clock.after(delayMs, () => {
      this.#draining = true;
      this.#closeWhenIdle();
    });
  }

  close(code: number, reason: string): void {
    this.#options.socket.close(code, reason.slice(0, reasonLengthMax));
  }

  #closeWhenIdle(): void {
    if (this.#draining && this.#running.size === 0) this.close(1001, 'Going away');
  }

  async #connect(parameters: Readonly<Record<string, unknown>> | undefined): Promise<boolean> {
    const { rooms, socket } = this.#options;
    if (!(await this.#authenticate(parameters))) return false;
    const giveBack = this.#takePlace();
    if (!giveBack) return false;
    const ended = () => this.close(4401, credentialEnded().public);
    const stopWatching = whileValid(this.#principal, rooms, ended);
    const leave = () => {
      stopWatching();
      giveBack();
    };
    socket.once('close', leave);
    if (socket.readyState === socket.CLOSED) leave(); // it went away while it was looked at
    return true;
  }

  /** Apart from the above, whose listeners stay and would keep the request. */
  async #authenticate(parameters: Readonly<Record<string, unknown>> | undefined) {
    const { rooms, origin } = this.#options;
    const request = this.#request;
    this.#request = null;
    if (!request) return false;
    const given = authorizationIn(parameters, request);
    try {
      this.#principal = await actingFrom(origin, () => callerOf(request, rooms, given));
      return true;
    } catch (thrown) {
      const code = thrown instanceof ForeignOrigin ? 4403 : 4401;
      this.close(code, Fault.from(thrown).public);
      return false;
    }
  }

  /** One of the sockets that its owner may have open; closes this one when there is none left. */
  #takePlace(): (() => void) | null {
    const { allowances, origin } = this.#options;
    if (this.#principal.kind === 'user') return () => {};
    const [allowance, owner] =
      this.#principal.kind === 'apiKey'
        ? [allowances.byKey, this.#principal.apiKey.id]
        : [allowances.anonymous, origin.address ?? ''];
    const place = allowance.take(owner);
    if (!place) this.close(1013, `${allowance.most} sockets are open already. Close some.`);
    return place;
  }

  #subscribe(id: string, payload: SubscribePayload): Running | readonly GraphQLError[] {
    try {
      return this.#prepare(id, payload);
    } catch (thrown) {
      this.close(4401, Fault.from(thrown).public);
      return [new GraphQLError('The credential is valid no more.')];
    }
  }

  #prepare(id: string, payload: SubscribePayload): Running | readonly GraphQLError[] {
    const { rooms, engine } = this.#options;
    if (this.#running.size >= operationsMax) return [tooMany(this.#requestId, this.#running.size)];
    const ends = new AbortController();
    const principal = rooms.identity.current(this.#principal);
    const operation = engine.prepare(payload as OperationRequest, {
      rooms,
      principal,
      limits: {
        points: () => pointsLeft({ rooms, principal }),
        operations: () => this.#operationsLeft(),
      },
      requestId: `${this.#requestId}.${randomUUID().slice(0, 8)}`,
      signal: ends.signal,
      operationId: id,
      lastEventId: null,
      readOnly: false,
    });
    if (!('kind' in operation)) return operation;
    this.#running.add(ends);
    return { ...operation, ends };
  }

  /** A place is free as soon as an operation ends. */
  #operationsLeft() {
    const remaining = operationsMax - this.#running.size;
    return { limit: operationsMax, remaining, resetAt: new Date(this.#options.rooms.clock.now()) };
  }

  async #start({ run, ends, feed, contextValue: { operationId } }: Running) {
    try {
      const result = await actingFrom(this.#options.origin, run);
      if ('each' in result) {
        const open = closing(result, () => this.#ended(ends));
        return pumped(open, this.#sender(operationId, feed));
      }
      this.#ended(ends);
      return result;
    } catch (thrown) {
      this.#ended(ends);
      throw thrown;
    }
  }

  /** Sends what a subscription gives; a promise when the network did not take it at once. */
  #sender(operationId: string | null, feed: boolean): Take<Result> {
    const { socket } = this.#options;
    const wire = this.#wire;
    const frame = nextFrames(operationId);
    return (result) => {
      if (socket.readyState !== socket.OPEN) return;
      return written(wire, frame(this.#payload(result, feed)));
    };
  }

  /** The bytes of a feed's result are kept for all who follow it. */
  #payload(result: Result, feed: boolean): Buffer | string {
    if (typeof result === 'string') return result;
    if (result.errors) return JSON.stringify(this.#shown(result));
    return feed ? bytesOf(result) : JSON.stringify(result);
  }

  #ended(ends: AbortController): void {
    this.#running.delete(ends);
    ends.abort(new Fault('CANCELLED', { public: 'You ended it.' }));
    this.#closeWhenIdle();
  }

  #shown({ errors, ...rest }: Shown): FormattedExecutionResult | undefined {
    return errors && ({ ...rest, errors: this.#present(errors) } as FormattedExecutionResult);
  }

  #present(errors: readonly GraphQLError[]) {
    const context = { requestId: this.#requestId };
    return this.#options.engine.present(errors, context).map((error) => error.toJSON());
  }
}

/** More would not fit the frame that closes a socket. */
const reasonLengthMax = 100;

type ServerOptions = Parameters<typeof makeServer>[0];
/** As graphql-ws has it: what is absent may also be undefined. */
type Shown = Parameters<NonNullable<ServerOptions['onNext']>>[4];

type Spoken = Pick<ConnectionOptions, 'socket' | 'rooms' | 'log'>;

/** Joins the socket and the protocol, and watches that somebody is still there. */
function speak({ socket, rooms, log }: Spoken, protocol: ServerOptions): void {
  const fail = (thrown: unknown) => {
    log.error('a socket failed', { error: thrown });
    socket.close(4500, 'Internal server error');
  };
  const channel = {
    protocol: socket.protocol,
    send: (data: string) => sent(socket, data),
    close: (code?: number, reason?: string) => socket.close(code, reason),
    onMessage: (listener: (data: string) => Promise<void>) =>
      void socket.on('message', (data) => void listener(String(data)).catch(fail)),
  };
  const closed = makeServer(protocol).opened(channel, undefined);
  const stopWatching = watch(socket, rooms.clock);
  // A broken frame or one too large: ws has closed the socket with the right code already.
  socket.on('error', (error) => log.debug('a socket broke', { error }));
  socket.once('close', (code, reason) => {
    stopWatching();
    closed(code, String(reason)).catch(fail);
  });
}

/** Pings, and lets go of a client that did not answer the last one. */
function watch(socket: WebSocket, clock: Clock): () => void {
  let answered = true;
  socket.on('pong', () => {
    answered = true;
  });
  const pings = clock.every(pingMs, () => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  });
  return () => pings.cancel();
}

function sent(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    // An error of the write is followed by the close, which ends everything that writes.
    socket.send(data, () => resolve());
  });
}

/**
 * A frame stands between two messages of ws, which writes each of its own in one go as long as
 * nothing is compressed. A promise when the network did not take it at once; an error of the write
 * is followed by the close, as above.
 */
function written(socket: Socket, frame: readonly Buffer[]): Promise<void> | undefined {
  const pieces = frame.length > 1;
  if (pieces) socket.cork();
  for (const piece of frame) socket.write(piece);
  if (pieces) socket.uncork();
  if (socket.writableLength === 0) return;
  // Nothing more to say: it is answered when everything before it is out.
  return new Promise((resolve) => void socket.write('', () => resolve()));
}

/**
 * From `connection_init`, whatever the letter case of the name, else from the request that opened
 * the socket.
 */
function authorizationIn(
  parameters: Readonly<Record<string, unknown>> | undefined,
  request: IncomingMessage,
): string | undefined {
  const entries = Object.entries(parameters ?? {});
  const given = entries.find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  return typeof given === 'string' ? given : request.headers.authorization;
}

function tooMany(requestId: string, actual: number): GraphQLError {
  const message = `This socket runs ${actual} operations; ${operationsMax} are allowed. End some.`;
  const extensions = { code: 'OPERATION_LIMIT', requestId, limit: operationsMax, actual };
  return new GraphQLError(message, { extensions });
}
