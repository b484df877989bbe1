import type { IncomingMessage } from 'node:http';
import { Fault } from '#kernel';
import type { Rooms } from '#schema';
import type { Telemetry } from '#telemetry';
import { callerOf } from './callers.ts';
import type { Exchange } from './exchange.ts';
import { isOwners } from './own-machine.ts';

/**
 * `/metrics`, in the text form of Prometheus. It tells of money: who asks from the machine itself
 * may read it, others with the credential of a platform administrator.
 */
export async function answerMetrics(
  { request, response }: Exchange,
  { rooms, telemetry }: { rooms: Rooms; telemetry: Pick<Telemetry, 'text'> },
): Promise<void> {
  if (!isOwnMachine(request)) {
    const principal = await callerOf(request, rooms);
    const isAdmin = principal.kind === 'user' && principal.platformAdmin;
    if (principal.kind === 'anonymous') throw new Fault('UNAUTHENTICATED', { public: who });
    if (!isAdmin) throw new Fault('FORBIDDEN', { public: who });
  }
  response.setHeader('Content-Type', 'text/plain; version=0.0.4; charset=utf-8');
  response.setHeader('Cache-Control', 'no-store');
  response.end(await telemetry.text());
}

const who = 'From elsewhere than the machine itself, metrics need the ADMIN_KEY as a bearer.';

/** A proxy on this machine, or a page in a browser on it, asks for somebody else. */
function isOwnMachine({ socket, headers }: IncomingMessage): boolean {
  const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? '';
  const isHere = address === '::1' || address.startsWith('127.');
  return isHere && isOwners((name) => headers[name]);
}
