import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, it } from 'vitest';
import { afterThoseBefore } from '../../src/http/pipelined.ts';

async function connected() {
  const serving: ServerResponse[] = [];
  const served: (string | undefined)[] = [];
  const arrived = Promise.withResolvers<void>();
  let requests = 0;
  const server = createServer((request, response) => {
    afterThoseBefore(request, response, () => {
      served.push(request.url);
      serving.push(response);
      server.emit('served');
    });
    if (++requests === 3) arrived.resolve();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: here\r\n\r\n`;
  client.write(['/1', '/2', '/3'].map(get).join(''));
  await arrived.promise;
  const close = async () => {
    client.destroy();
    server.close();
    await once(server, 'close');
  };
  return { server, client, serving, served, close };
}

it('of requests sent at once the next is served when the one before was answered', async () => {
  const { server, client, serving, served, close } = await connected();
  let answers = '';
  client.setEncoding('utf8').on('data', (text: string) => {
    answers += text;
  });
  expect(served).toEqual(['/1']);
  for (const path of ['/2', '/3']) {
    const next = once(server, 'served');
    serving.at(-1)?.end(`before ${path}`);
    await next;
    expect(served.at(-1)).toBe(path);
  }
  serving.at(-1)?.end('the last');
  while (!answers.includes('the last')) await once(client, 'data');
  expect(answers.match(/before \/2|before \/3|the last/g)).toHaveLength(3);
  await close();
});

it('what waits for its turn is not served to a client that has gone', async () => {
  const { client, serving, served, close } = await connected();
  const gone = once(serving[0] as ServerResponse, 'close');
  client.destroy();
  await gone;
  await close();
  expect(served).toEqual(['/1']);
});
