import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { type FormattedExecutionResult, GraphQLError } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { actingFrom, type Origin } from '#audit';
import { ConnectionLost } from '#completions';
import { anonymous, type Principal } from '#identity';
import { Fault, type Log, type Take } from '#kernel';
import type { Rooms } from '#schema';
import type { SocketAllowances } from '../../allowance.ts';
import { callerOf, ForeignOrigin } from '../../callers.ts';
import { credentialEnded, whileValid } from '../../credential-life.ts';
import { givenRequestId } from '../../exchange.ts';
import type { Engine, Operation, OperationRequest } from '../engine.ts';
import { bytesOf } from '../execution/shared-results.ts';
import { closing, type Result } from '../results.ts';
import type { Beating, Heartbeats } from './heartbeats.ts';
import { Intake } from './intake.ts';
import { type Frame, nextFrames } from './next-frames.ts';
import { type Speaker, speak } from './protocol.ts';
import { Pumped } from './pumped.ts';
import { ageOf } from './socket-age.ts';
import { SocketContext } from './socket-context.ts';

/** Running operations on one socket. */
const operationsMax = 100;

/** What all sockets of a server share. */
export interface Surroundings {
  readonly engine: Engine;
  readonly rooms: Rooms;
  readonly log: Log;
  readonly allowances: SocketAllowances;
  readonly heartbeats: Heartbeats;
}

export interface Opened {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  /** Whose acts its operations are, for the audit. */
  readonly origin: Origin;
}

/**
 * One socket that speaks `graphql-transport-ws`. What is added to the protocol: every operation has
 * a signal that says whether its client ended it or was lost, credentials are looked at again for
 * each operation, and what comes of it is bounded.
 *
 * Ten thousand may wait on a node, so that each keeps little: no timer, no closure that could be
 * shared, no request that is done with.
 */
export class Connection implements Speaker, Beating {
  readonly #around: Surroundings;
  readonly #socket: WebSocket;
  readonly #wire: Socket;
  readonly #origin: Origin;
  /** What opened the socket, until its credentials are known: it is larger than all the rest. */
  #request: IncomingMessage | null;
  #requestId: string | null;
  /** A list, not a Set, whose former tables would keep those that have ended. */
  #running: readonly SocketContext<this>[] = [];
  #operations = 0;
  /** Messages under way: that of an operation until the client is told of its end. */
  #underWay = 0;
  #principal: Principal = anonymous;
  #draining = false;
  /** Monotonic. */
  readonly #openedAt: number;
  /** Whether somebody answered the last ping. */
  #answered = true;
  /** What it has taken and gives back at its end. */
  #taken: readonly (() => void)[] = [];

  constructor(around: Surroundings, { socket, request, origin }: Opened) {
    this.#around = around;
    this.#socket = socket;
    this.#wire = request.socket;
    this.#origin = origin;
    this.#request = request;
    this.#requestId = givenRequestId(request);
    this.#openedAt = around.rooms.clock.monotonic();
    around.heartbeats.join(this);
    const closed = speak(this);
    socket.on('pong', () => {
      this.#answered = true;
    });
    // A broken frame or one too large: ws has closed the socket with the right code already.
    socket.on('error', (error) => around.log.debug('a socket broke', { error }));
    socket.on('close', (code, reason) => {
      this.#lost();
      closed(code, String(reason)).catch((thrown) => this.#fail(thrown));
    });
  }

  get protocol() {
    return this.#socket.protocol;
  }

  get rooms() {
    return this.#around.rooms;
  }

  get requestId() {
    this.#requestId ??= randomUUID();
    return this.#requestId;
  }

  onMessage(listener: (data: string) => Promise<void>): void {
    const intake = new Intake(this.#socket, this.#wire, (message) => {
      this.#underWay++;
      const done = () => this.#dealtWith();
      listener(message).then(done, (thrown) => {
        this.#fail(thrown);
        done();
      });
    });
    this.#socket.on('message', (data) => intake.take(String(data)));
    this.#socket.on('ping', () => intake.look());
  }

  send(data: string): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      if (socket.readyState !== socket.OPEN) return resolve();
      // An error of the write is followed by the close, which ends everything that writes.
      socket.send(data, () => resolve());
    });
  }

  close(code = 1000, reason = ''): void {
    this.#socket.close(code, reason.slice(0, reasonLengthMax));
  }

  /** Resolves when it has closed. */
  get gone(): Promise<void> {
    const socket = this.#socket;
    return new Promise((resolve) => {
      if (socket.readyState === socket.CLOSED) return resolve();
      socket.once('close', () => resolve());
    });
  }

  /** Closes it in `delayMs`, or when the last operation that comes to an end has done so. */
  drain(delayMs: number): void {
    this.rooms.clock.after(delayMs, () => {
      this.#draining = true;
      this.#closeWhenIdle();
    });
  }

  /** Pings, and lets go of a client that did not answer the last one, and of a socket too old. */
  beat(): void {
    if (this.#age !== 'young') this.#draining = true;
    if (this.#age === 'over') this.close(1001, 'A socket lives for a day');
    else this.#closeWhenIdle();
    if (this.#answered) this.#socket.ping();
    else this.#socket.terminate();
    this.#answered = false;
  }

  get #age() {
    return ageOf(this.rooms.clock.monotonic() - this.#openedAt);
  }

  /** Before anything else hears of the close: who just vanished has not ended its operations. */
  #lost(): void {
    const reason = new ConnectionLost('the socket was closed');
    for (const context of this.#running) context.end(reason);
    this.#around.heartbeats.leave(this);
    for (const giveBack of this.#taken) giveBack();
  }

  #fail(thrown: unknown): void {
    if (isOfServers(thrown)) {
      this.close(4400, 'Invalid message received');
      return;
    }
    this.#around.log.error('a socket failed', { error: thrown });
    this.close(4500, 'Internal server error');
  }

  #dealtWith(): void {
    this.#underWay--;
    this.#closeWhenIdle();
  }

  /**
   * What has no end of its own is not waited for. A client that was not told of an end would come
   * back for the same, which for a completion without a key is another one.
   */
  #closeWhenIdle(): void {
    if (!this.#draining) return;
    const endless = this.#running.filter((context) => context.endless).length;
    if (this.#underWay === endless) this.close(1001, 'Going away');
  }

  async connect(parameters: Readonly<Record<string, unknown>> | undefined): Promise<boolean> {
    if (!(await this.#authenticate(parameters))) return false;
    const giveBack = this.#takePlace();
    if (!giveBack) return false;
    const ended = () => this.close(4401, credentialEnded().public);
    this.#taken = [whileValid(this.#principal, this.rooms, ended), giveBack];
    // It went away while it was looked at.
    if (this.#socket.readyState === this.#socket.CLOSED) this.#lost();
    return true;
  }

  /** Apart from the above, whose listeners stay and would keep the request. */
  async #authenticate(parameters: Readonly<Record<string, unknown>> | undefined) {
    const request = this.#request;
    this.#request = null;
    if (!request) return false;
    const given = authorizationIn(parameters, request);
    try {
      const caller = () => callerOf(request, this.rooms, given);
      this.#principal = await actingFrom(this.#origin, caller);
      return true;
    } catch (thrown) {
      const code = thrown instanceof ForeignOrigin ? 4403 : 4401;
      this.close(code, Fault.from(thrown).public);
      return false;
    }
  }

  /** One of the sockets that its owner may have open; closes this one when there is none left. */
  #takePlace(): (() => void) | null {
    const { allowances } = this.#around;
    if (this.#principal.kind === 'user') return () => {};
    const [allowance, owner] =
      this.#principal.kind === 'apiKey'
        ? [allowances.byKey, this.#principal.apiKey.id]
        : [allowances.anonymous, this.#origin.address ?? ''];
    const place = allowance.take(owner);
    if (!place) this.close(1013, `${allowance.most} sockets are open already. Close some.`);
    return place;
  }

  prepare(id: string, payload: SubscribePayload): Operation | readonly GraphQLError[] {
    if (this.#running.length >= operationsMax)
      return [tooMany(this.requestId, this.#running.length)];
    if (this.#age === 'old') return [tooOld(this.requestId)];
    try {
      const principal = this.rooms.identity.current(this.#principal);
      const number = ++this.#operations;
      const context = new SocketContext<this>({ socket: this, principal, id, number });
      const operation = this.#around.engine.prepare(payload as OperationRequest, context);
      if (operation.kind === 'refused') return operation.errors;
      context.endless = operation.endless;
      this.#running = [...this.#running, context];
      return operation;
    } catch (thrown) {
      this.close(4401, Fault.from(thrown).public);
      return [new GraphQLError('The credential is no longer valid.')];
    }
  }

  /** A place is free as soon as an operation ends. */
  operationsLeft() {
    const remaining = operationsMax - this.#running.length;
    return { limit: operationsMax, remaining, resetAt: new Date(this.rooms.clock.now()) };
  }

  async start(operation: Operation) {
    const context = operation.contextValue as SocketContext<this>;
    try {
      const result = await actingFrom(this.#origin, () => operation.run());
      if ('each' in result) {
        const open = closing(result, () => this.#ended(context));
        return new Pumped(open, this.#sender(context.operationId, operation.feed));
      }
      this.#ended(context);
      return result;
    } catch (thrown) {
      this.#ended(context);
      throw thrown;
    }
  }

  /** Sends what a subscription gives; a promise when the network did not take it at once. */
  #sender(operationId: string, feed: boolean): Take<Result> {
    const frame = nextFrames(operationId);
    return (result) => {
      if (this.#socket.readyState !== this.#socket.OPEN) return;
      return written(this.#wire, frame(this.#payload(result, feed)));
    };
  }

  /** The bytes of a feed's result are kept for all who follow it. */
  #payload(result: Result, feed: boolean): Buffer | string {
    if (typeof result === 'string') return result;
    if (result.errors) {
      const shown = { ...result, errors: this.present(result.errors) };
      return JSON.stringify(shown satisfies FormattedExecutionResult);
    }
    return feed ? bytesOf(result) : JSON.stringify(result);
  }

  #ended(context: SocketContext<this>): void {
    this.#running = this.#running.filter((one) => one !== context);
    context.end(endedByItself);
  }

  present(errors: readonly GraphQLError[]) {
    const { requestId } = this;
    return this.#around.engine.present(errors, { requestId }).map((error) => error.toJSON());
  }
}

/** What graphql-ws throws at a message that only a server may send. */
const isOfServers = (thrown: unknown) =>
  thrown instanceof Error && thrown.message.startsWith('Unexpected message of type ');

/** One for all: a fault of its own would look through the stack for every operation. */
const endedByItself = new Fault('CANCELLED', { public: 'You ended it.' });

/** More would not fit the frame that closes a socket. */
const reasonLengthMax = 100;

/**
 * A frame stands between two messages of ws, which writes each of its own in one go as long as
 * nothing is compressed. A promise when the network did not take it at once; an error of the write
 * is followed by the close, as above.
 */
function written(socket: Socket, frame: Frame): Promise<void> | undefined {
  const pieces = frame.length > 1;
  if (pieces) socket.cork();
  for (const piece of frame) socket.write(piece, 'latin1');
  if (pieces) socket.uncork();
  if (socket.writableLength === 0) return;
  // Nothing more to say: it is answered when everything before it is out.
  return new Promise((resolve) => void socket.write('', () => resolve()));
}

/**
 * From `connection_init`, whatever the letter case of the name, else from the request that opened
 * the socket. What is given and is no string is nobody's credential, not nobody.
 */
function authorizationIn(
  parameters: Readonly<Record<string, unknown>> | undefined,
  request: IncomingMessage,
): string | undefined {
  const entries = Object.entries(parameters ?? {});
  const given = entries.find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  if (given === undefined || given === null) return request.headers.authorization;
  return typeof given === 'string' ? given : JSON.stringify(given);
}

function tooOld(requestId: string): GraphQLError {
  const message = 'This socket is about to close, as it is a day old. Ask over another.';
  return new GraphQLError(message, { extensions: { code: 'OPERATION_LIMIT', requestId } });
}

function tooMany(requestId: string, actual: number): GraphQLError {
  const message = `This socket runs ${actual} operations; ${operationsMax} are allowed. End some.`;
  const extensions = { code: 'OPERATION_LIMIT', requestId, limit: operationsMax, actual };
  return new GraphQLError(message, { extensions });
}
