import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { type ExecutionResult, type FormattedExecutionResult, GraphQLError } from 'graphql';
import { makeServer, type SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { ConnectionLost } from '#completions';
import { anonymous, type Principal } from '#identity';
import { Fault, type Log } from '#kernel';
import type { Context, Rooms } from '#schema';
import { credentialOf, requestIdOf } from '../exchange.ts';
import { closing } from './closing.ts';
import type { Engine, Operation } from './engine.ts';

const pingMs = 12_000;
const initMs = 3_000;
const lifeMs = 24 * 3_600_000;
/** Running operations on one socket. */
const operationsMax = 100;

export interface Connection {
  /** Closes it when this key opened it. */
  revoked(apiKeyId: string): void;
  /** Closes it in `delayMs`, or when its last operation has ended. */
  drain(delayMs: number): void;
  close(code: number, reason: string): void;
}

export interface ConnectionOptions {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly engine: Engine;
  readonly rooms: Rooms;
  readonly log: Log;
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
export function openConnection(options: ConnectionOptions): Connection {
  const { socket, request, engine, rooms, log } = options;
  const requestId = requestIdOf(request);
  const running = new Set<AbortController>();
  let principal: Principal = anonymous;
  let draining = false;

  const close = (code: number, reason: string) => socket.close(code, reason);
  const closeWhenIdle = () => {
    if (draining && running.size === 0) close(1001, 'Going away');
  };
  const ended = (ends: AbortController) => {
    running.delete(ends);
    ends.abort(new Fault('CANCELLED', { public: 'You ended it.' }));
    closeWhenIdle();
  };

  const connect = (parameters: Readonly<Record<string, unknown>> | undefined) => {
    try {
      principal = rooms.identity.authenticate(credentialIn(parameters, request));
      return true;
    } catch (thrown) {
      close(4401, Fault.from(thrown).public.slice(0, 120));
      return false;
    }
  };

  const prepare = (id: string, payload: SubscribePayload): Running | readonly GraphQLError[] => {
    if (running.size >= operationsMax) return [tooMany(requestId, running.size)];
    const ends = new AbortController();
    const context: Context = {
      rooms,
      principal: rooms.identity.current(principal),
      requestId: `${requestId}.${randomUUID().slice(0, 8)}`,
      signal: ends.signal,
      operationId: id,
      lastEventId: null,
      readOnly: false,
    };
    const operation = engine.prepare(payload as SubscribePayload & { query: string }, context);
    if (!('kind' in operation)) return operation;
    running.add(ends);
    return { ...operation, ends };
  };

  const start = async (args: unknown) => {
    const operation = args as Running; // what `prepare` made comes back as it is
    const result = await operation.run().catch((thrown) => {
      ended(operation.ends);
      throw thrown;
    });
    if (Symbol.asyncIterator in result) return closing(result, () => ended(operation.ends));
    ended(operation.ends);
    return result as ExecutionResult;
  };

  const present = (errors: readonly GraphQLError[]) =>
    engine.present(errors, { requestId } as Context).map((error) => error.toJSON());

  // Before anything else hears of the close: whoever just vanished has not ended its operations.
  socket.once('close', () => {
    for (const ends of running) ends.abort(new ConnectionLost('the socket was closed'));
  });

  speak(options, {
    connectionInitWaitTimeout: initMs,
    onConnect: ({ connectionParams }) => connect(connectionParams),
    onSubscribe(_connection, id, payload) {
      try {
        return prepare(id, payload);
      } catch (thrown) {
        close(4401, Fault.from(thrown).public.slice(0, 120));
        return [new GraphQLError('The credential is valid no more.')];
      }
    },
    execute: start,
    subscribe: start,
    onNext: (_connection, _id, _payload, _args, { errors, ...rest }) =>
      errors && ({ ...rest, errors: present(errors) } as FormattedExecutionResult),
    onError: (_connection, _id, _payload, errors) => present(errors),
  });
  rooms.clock.after(lifeMs, () => close(1001, 'A socket lives for a day'));
  log.debug('a socket was opened', { requestId });

  return {
    close,
    revoked(apiKeyId) {
      const own = principal.kind === 'apiKey' && principal.apiKey.id === apiKeyId;
      if (own) close(4401, 'The API key was revoked');
    },
    drain(delayMs) {
      rooms.clock.after(delayMs, () => {
        draining = true;
        closeWhenIdle();
      });
    },
  };
}

type ServerOptions = Parameters<typeof makeServer>[0];

/** Joins the socket and the protocol, and watches that somebody is still there. */
function speak(options: ConnectionOptions, protocol: ServerOptions): void {
  const { socket, rooms, log } = options;
  const fail = (thrown: unknown) => {
    log.error('a socket failed', { error: thrown });
    socket.close(4500, 'Internal server error');
  };
  const closed = makeServer(protocol).opened(
    {
      protocol: socket.protocol,
      send: (data) => sent(socket, data),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (listener) =>
        socket.on('message', (data) => {
          listener(String(data)).catch(fail);
        }),
    },
    undefined,
  );
  let answered = true;
  const pings = rooms.clock.every(pingMs, () => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  });
  socket.on('pong', () => {
    answered = true;
  });
  // A broken frame or one too large: ws has closed the socket with the right code already.
  socket.on('error', (error) => log.debug('a socket broke', { error }));
  socket.once('close', (code, reason) => {
    pings.cancel();
    closed(code, String(reason)).catch(fail);
  });
}

function sent(socket: WebSocket, data: string): Promise<void> {
  return new Promise((resolve) => {
    if (socket.readyState !== socket.OPEN) return resolve();
    // An error of the write is followed by the close, which ends everything that writes.
    socket.send(data, () => resolve());
  });
}

/**
 * From `connection_init`, whatever the letter case of the name, else from the request that opened
 * the socket.
 */
function credentialIn(
  parameters: Readonly<Record<string, unknown>> | undefined,
  request: IncomingMessage,
): string | undefined {
  const entries = Object.entries(parameters ?? {});
  const given = entries.find(([name]) => name.toLowerCase() === 'authorization')?.[1];
  return credentialOf(typeof given === 'string' ? given : request.headers.authorization);
}

function tooMany(requestId: string, actual: number): GraphQLError {
  const message = `This socket runs ${actual} operations; ${operationsMax} are allowed. End some.`;
  const extensions = { code: 'OPERATION_LIMIT', requestId, limit: operationsMax, actual };
  return new GraphQLError(message, { extensions });
}
