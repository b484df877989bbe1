import { once } from 'node:events';
import { Agent, createServer, get, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { EventStream } from '../../src/http/event-stream.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

const said = ['data: Łódź 👋\n\n', '', `data: ${'x'.repeat(70_000)}\n\n`, 'data: end\n\n'];
let server: Server;
let port: number;

beforeEach(async () => {
  server = createServer(async (_request, response) => {
    const stream = new EventStream({ response, clock: virtualClock(), comment: 'here' });
    for (const each of said.slice(0, -1)) await stream.write(each);
    stream.end(said.at(-1));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterEach(() => server.close());

it('says to the letter what was written, and leaves the connection to the next', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (const reused of [false, true]) {
    const request = get({ port, agent });
    const [response] = await once(request, 'response');
    expect(await text(response)).toBe(said.join(''));
    expect(request.reusedSocket).toBe(reused);
  }
  agent.destroy();
});

it('a client of HTTP/1.0 gets it without frames', async () => {
  const socket = connect(port, '127.0.0.1');
  socket.write('GET / HTTP/1.0\r\n\r\n');
  const answer = await text(socket);
  expect(answer.slice(answer.indexOf('\r\n\r\n') + 4)).toBe(said.join(''));
});
