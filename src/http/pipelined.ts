import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** The request of each connection that came last. */
const latest = new WeakMap<Socket, ServerResponse>();

/**
 * Serves the requests of one connection one after another. A client may send hundreds before it
 * reads an answer; made at once, all the answers would be held here for as long as it reads none.
 */
export function afterThoseBefore(
  { socket }: IncomingMessage,
  response: ServerResponse,
  serve: () => void,
): void {
  const before = latest.get(socket);
  latest.set(socket, response);
  // Only the answer whose turn it is has the connection; none gets it when the client has gone.
  if (response.socket) serve();
  else before?.once('close', () => response.socket && serve());
}
