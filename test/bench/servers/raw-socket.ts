import { Agent, createServer, request } from 'node:http';
import type { Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';
import { frameOf } from './frame.ts';
import { listen } from './listen.ts';

/**
 * The least that turns a provider's stream into messages of a WebSocket: the text is cut out of
 * each chunk by its place and put between ready texts, and the frame is written to the socket
 * itself. No GraphQL, no key, no meter. It speaks as much of `graphql-transport-ws` as its client
 * needs.
 */
const provider = new URL(process.argv[2] ?? '');
const agent = new Agent({ keepAlive: true, maxFreeSockets: 256 });
const server = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });

server.on('upgrade', (incoming, socket, head) => {
  sockets.handleUpgrade(incoming, socket, head, (accepted) => {
    accepted.on('message', (data) => receive(String(data), accepted, socket as Socket));
  });
});
listen(server);

function receive(text: string, accepted: WebSocket, socket: Socket): void {
  const { type, id, payload } = JSON.parse(text);
  if (type === 'connection_init') accepted.send('{"type":"connection_ack"}');
  if (type === 'subscribe') stream(id, payload.variables.input.messages, socket);
}

function stream(id: string, messages: { content: string }[], socket: Socket): void {
  const ready = `{"id":"${id}","type":"next","payload":{"data":{"completion":`;
  let sequence = 1;
  const { hostname, port } = provider;
  const options = { hostname, port, method: 'POST', path: '/v1/chat/completions', agent };
  const upstream = request(options, (answer) => {
    answer.on('data', (bytes: Buffer) => {
      for (const text of textsIn(bytes.toString('latin1'))) {
        const event = `{"__typename":"TextDelta","sequence":${++sequence},"text":"${text}"}`;
        socket.write(frameOf(`${ready}${event}}}}`));
      }
    });
    answer.once('end', () => socket.write(frameOf(`{"id":"${id}","type":"complete"}`)));
  });
  upstream.end(JSON.stringify({ messages, stream: true }));
}

const before = '"content":"';

function* textsIn(chunks: string): Generator<string> {
  for (let at = chunks.indexOf(before); at >= 0; at = chunks.indexOf(before, at)) {
    at += before.length;
    yield chunks.slice(at, chunks.indexOf('"', at));
  }
}
