import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createSecureServer, type TLSSocket } from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { silentLog, systemClock } from '#kernel';
import { openAiCompatible } from '#upstream';
import { Pool } from '../../../src/upstream/http/pool.ts';
import { trustedCertificate } from '../../harness/certificate.ts';
import { callTo, outcomeOf, pulled } from '../calls.ts';

const body = JSON.stringify({
  choices: [{ message: { content: 'Hello' }, finish_reason: 'stop' }],
});
const type = 'content-type: application/json\r\n';
const answer = (more = '') =>
  `HTTP/1.1 200 OK\r\n${type}${more}content-length: ${body.length}\r\n\r\n${body}`;

const closings: (() => void)[] = [];
afterEach(() => {
  for (const close of closings.splice(0)) close();
});

interface Provider {
  readonly port: number;
  /** Every one that it was given, in turn. */
  readonly connections: Socket[];
  /** Which of them each request came on. */
  readonly used: number[];
}

/** A server that hands each whole request to `reply`. */
async function provider(server: Server, reply: (socket: Socket) => void): Promise<Provider> {
  const connections: Socket[] = [];
  const used: number[] = [];
  server.on('setSecureContext' in server ? 'secureConnection' : 'connection', (socket: Socket) => {
    const number = connections.push(socket) - 1;
    socket.on('error', () => {});
    let asked = '';
    socket.on('data', (bytes) => {
      asked += bytes.toString('latin1');
      if (!asked.endsWith('}')) return;
      asked = '';
      used.push(number);
      reply(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  return { port: (server.address() as { port: number }).port, connections, used };
}

function client(pool = new Pool()) {
  closings.push(() => pool.close());
  const one = openAiCompatible({ clock: systemClock, log: silentLog, pool });
  return (url: string, content = 'Say hello') => {
    const request = { messages: [{ role: 'user' as const, content }] };
    return outcomeOf(pulled(one, callTo(url, { stream: false, request })));
  };
}

const plain = (reply: (socket: Socket) => void) => provider(createServer(), reply);
const urlOf = ({ port }: Provider) => `http://127.0.0.1:${port}/v1`;

describe('a connection', () => {
  it('carries the next request to the same place, the last used one first', async () => {
    const waiting: Socket[] = [];
    const both = Promise.withResolvers<void>();
    const there = await plain((socket) => {
      if (there.used.length > 2) return void socket.write(answer());
      if (waiting.push(socket) === 2) both.resolve();
    });
    const ask = client();
    const first = [ask(urlOf(there)), ask(urlOf(there))];
    await both.promise;
    for (const socket of waiting) {
      socket.write(answer());
      await Promise.race(first.splice(0, 1));
    }
    expect(there.used).toEqual([0, 1]);
    for (let turn = 0; turn < 2; turn++) expect((await ask(urlOf(there))).text).toBe('Hello');
    expect(there.used.slice(2)).toEqual([1, 1]);
  });

  it('carries the next one behind an answer that came whole and was too much at once', async () => {
    const padding = ' '.repeat(48 * 1024);
    const there = await plain((socket) =>
      socket.write(
        answer().replace(/\d+\r\n\r\n/, `${body.length + padding.length}\r\n\r\n${padding}`),
      ),
    );
    const ask = client();
    for (let turn = 0; turn < 3; turn++) expect((await ask(urlOf(there))).text).toBe('Hello');
    expect(there.used).toEqual([0, 0, 0]);
  });

  it.each([
    ['its server closes', answer('connection: close\r\n')],
    ['its server will close too soon', answer('keep-alive: timeout=1\r\n')],
    ['more was said on than the answer', `${answer()}HTTP/1.1 408 Late\r\n\r\n`],
    ['is read to its end', answer().replace(/content-length.*\r\n/, '')],
  ])('that %s carries no other', async (_, said) => {
    const there = await plain((socket) => {
      socket.write(said);
      if (!said.includes('content-length')) socket.end();
    });
    const ask = client();
    for (let turn = 0; turn < 2; turn++) expect((await ask(urlOf(there))).text).toBe('Hello');
    expect(there.used).toEqual([0, 1]);
  });

  it('on which something comes that nobody asked for is closed', async () => {
    const there = await plain((socket) => socket.write(answer()));
    const ask = client();
    await ask(urlOf(there));
    const [socket] = there.connections;
    socket?.write('HTTP/1.1 408 Request Timeout\r\n\r\n');
    await once(socket as Socket, 'close');
    expect((await ask(urlOf(there))).text).toBe('Hello');
    expect(there.used).toEqual([0, 1]);
  });

  it('is closed when its server would soon do so', async () => {
    const there = await plain((socket) => socket.write(answer('keep-alive: timeout=2\r\n')));
    const ask = client();
    await ask(urlOf(there));
    await once(there.connections[0] as Socket, 'close');
  });

  it('that answered before it had the whole request carries no other', async () => {
    const server = createServer();
    const there = await provider(server, (socket) => socket.write(answer()));
    server.once('connection', (socket) => {
      socket.once('data', () => {
        socket.pause();
        socket.write(`HTTP/1.1 413 Too Large\r\n${type}content-length: 2\r\n\r\n{}`);
      });
    });
    const ask = client();
    const long = await ask(urlOf(there), 'x'.repeat(16 * 1024 * 1024));
    expect(long.thrown).toMatchObject({ httpStatus: 413 });
    expect((await ask(urlOf(there))).text).toBe('Hello');
    expect(there.used).toEqual([1]);
  });
});

describe('over TLS', () => {
  async function secure(...names: string[]) {
    const { key, cert } = await trustedCertificate(...names);
    const resumed: boolean[] = [];
    const server = createSecureServer({ key, cert });
    const there = await provider(server, (socket) => {
      resumed.push((socket as TLSSocket).isSessionReused());
      socket.write(answer(resumed.length === 1 ? 'connection: close\r\n' : ''));
    });
    // Whatever the name is, it is found here.
    const pool = new Pool({
      lookup: (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]),
    });
    const ask = client(pool);
    return { there, resumed, ask: (name: string) => ask(`https://${name}:${there.port}/v1`) };
  }

  it('a server is asked whose certificate bears its name, and a session is resumed', async () => {
    const { there, resumed, ask } = await secure('provider.example');
    for (let turn = 0; turn < 3; turn++) {
      expect(await ask('provider.example')).toMatchObject({ text: 'Hello', thrown: undefined });
    }
    expect(there.used).toEqual([0, 1, 1]);
    expect(resumed).toEqual([false, true, true]);
    expect((there.connections[0] as TLSSocket & { servername: string }).servername).toBe(
      'provider.example',
    );
  });

  it('another name is a TLS failure, and nothing is sent', async () => {
    const { there, ask } = await secure('provider.example');
    expect((await ask('other.example')).thrown).toMatchObject({ failure: 'TLS' });
    expect(there.used).toEqual([]);
  });
});
