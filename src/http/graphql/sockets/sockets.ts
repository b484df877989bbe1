import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { handleProtocols } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Log } from '#kernel';
import type { Rooms } from '#schema';
import type { SocketAllowances } from '../../allowance.ts';
import { bringsCredential } from '../../callers.ts';
import { clientAddress, originOf } from '../../client.ts';
import type { Engine } from '../engine.ts';
import { Connection } from './connection.ts';
import { Heartbeats } from './heartbeats.ts';

/** A larger prompt goes by POST. */
const messageBytesMax = 1024 * 1024;

export interface Sockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /**
   * Sends clients elsewhere: those with feeds alone at random within `spreadMs`, the others when
   * what they run has ended.
   */
  drain(spreadMs: number): void;
  /** Resolves when those that are open now have closed. */
  gone(): Promise<unknown>;
  /** Ends all of them at once. */
  close(): void;
  readonly size: number;
}

export interface SocketsOptions {
  readonly engine: Engine;
  readonly rooms: Rooms;
  readonly log: Log;
  readonly random: () => number;
  readonly trustProxy: boolean;
  readonly allowances: SocketAllowances;
}

/** The WebSockets of `/graphql`. */
export function openSockets(options: SocketsOptions): Sockets {
  const { engine, rooms, log, random, trustProxy, allowances } = options;
  const connections = new Set<Connection>();
  const around = { engine, rooms, log, allowances, heartbeats: new Heartbeats(rooms.clock) };
  let draining = false;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: messageBytesMax,
    perMessageDeflate: false,
    clientTracking: false,
    handleProtocols,
    // Messages of one read in separate turns, so that an id ended by the first can be used anew by
    // the second.
    allowSynchronousEvents: false,
  });
  const accept = (socket: WebSocket, request: IncomingMessage) => {
    const origin = originOf(request, trustProxy);
    const connection = new Connection(around, { socket, request, origin });
    connections.add(connection);
    socket.on('close', () => connections.delete(connection));
    if (draining) connection.drain(0);
  };

  return {
    upgrade(request, socket, head) {
      if (draining) return refuse(socket, '503 Service Unavailable');
      const address = clientAddress(request, trustProxy) ?? '';
      if (!bringsCredential(request) && allowances.anonymous.isFull(address)) {
        return refuse(socket, '429 Too Many Requests');
      }
      server.handleUpgrade(request, socket, head, (accepted) => accept(accepted, request));
    },
    drain(spreadMs) {
      draining = true;
      for (const connection of connections) connection.drain(random() * spreadMs);
    },
    gone: () => Promise.all([...connections].map((connection) => connection.gone)),
    close() {
      draining = true;
      for (const connection of connections) connection.close(1001, 'Going away');
      server.close();
    },
    get size() {
      return connections.size;
    },
  };
}

export function refuse(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
