import { expect, it } from 'vitest';
import { ConnectionLost } from '#completions';
import { anonymous } from '#identity';
import { SocketContext } from '../../src/http/graphql/sockets/socket-context.ts';
import { standIn } from '../harness/stand-in-rooms.ts';

function operation(number: number) {
  const socket = { rooms: standIn().rooms, requestId: 'req-1', operationsLeft: () => null };
  return new SocketContext({ socket, principal: anonymous, id: 'a', number });
}

it('an operation that has ended says why, whenever its signal is asked for', () => {
  const [early, late] = [operation(1), operation(2)];
  const { signal } = early;
  const lost = new ConnectionLost('the socket was closed');
  for (const each of [early, late]) {
    each.end(lost);
    each.end(new Error('It came to its end.'));
  }
  expect([signal.reason, late.signal.reason]).toEqual([lost, lost]);
  expect(late.signal).toBe(late.signal);
});

it('operations of a socket have requests of their own', () => {
  expect([operation(1).requestId, operation(2).requestId]).toEqual(['req-1.1', 'req-1.2']);
});
