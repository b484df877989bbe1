import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Untaken, type UntakenLimits } from '../../src/http/untaken.ts';

/** Far more than the buffers of a connection on one machine take. */
const answer = 'word '.repeat(4_000_000);

let server: Server | undefined;
afterEach(() => server?.closeAllConnections());

async function serving(limits: UntakenLimits): Promise<number> {
  const untaken = new Untaken(limits);
  server = createServer((_request, response) => {
    response.end(answer);
    untaken.look(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** Asks, and takes nothing until it is told to; then says how much has come. */
async function asking(port: number) {
  const socket = connect(port, '127.0.0.1').pause();
  socket.write('GET / HTTP/1.1\r\nHost: here\r\n\r\n');
  const [asked] = await once(server as Server, 'request');
  return {
    left: once(asked.socket, 'close'),
    async read(enough = Number.POSITIVE_INFINITY) {
      let bytes = 0;
      for await (const chunk of socket) {
        bytes += chunk.length;
        if (bytes >= enough) break;
      }
      return bytes;
    },
  };
}

it('STREAM 7: a client that takes nothing of a whole answer is left after a time', async () => {
  const port = await serving({ stalledMs: 50, bytesMax: Number.POSITIVE_INFINITY });
  const { left } = await asking(port);
  await left;
});

it('STREAM 7: when too much waits, those that wait longest are left', async () => {
  const port = await serving({ stalledMs: 60_000, bytesMax: answer.length * 1.5 });
  const first = await asking(port);
  const second = await asking(port);
  await first.left;
  expect(await second.read(answer.length)).toBeGreaterThanOrEqual(answer.length);
});

it('what was taken waits no more', async () => {
  const port = await serving({ stalledMs: 60_000, bytesMax: answer.length * 1.5 });
  for (let n = 0; n < 4; n++) {
    const client = await asking(port);
    expect(await client.read(answer.length)).toBeGreaterThanOrEqual(answer.length);
  }
});
