import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { frameOf } from './frame.ts';
import { listen } from './listen.ts';

/**
 * The least that a feed costs: on an interval the text that the parent gave last goes to each
 * subscriber, behind the id of its subscription, as a frame that is written to the socket itself.
 * It speaks as much of `graphql-transport-ws` as its client needs.
 */
const subscribers = new Set<{ readonly id: string; readonly socket: Socket }>();
const server = createServer();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
let payload = '';
let everyMs = 1_000;
let ticking: NodeJS.Timeout | undefined;

process.on('message', (message: unknown) => {
  if (typeof message === 'object' && message !== null && 'payload' in message) {
    payload = String(message.payload);
    if ('everyMs' in message) everyMs = Number(message.everyMs);
    clearInterval(ticking);
    ticking = setInterval(update, everyMs);
  }
});

server.on('upgrade', (incoming, duplex, head) => {
  const socket = duplex as Socket;
  const own = new Set<{ readonly id: string; readonly socket: Socket }>();
  sockets.handleUpgrade(incoming, socket, head, (accepted) => {
    accepted.on('message', (data) => {
      const { type, id } = JSON.parse(String(data));
      if (type === 'connection_init') accepted.send('{"type":"connection_ack"}');
      if (type !== 'subscribe') return;
      const subscriber = { id, socket };
      own.add(subscriber);
      subscribers.add(subscriber);
      socket.write(textFor(id));
    });
    accepted.once('close', () => own.forEach((subscriber) => void subscribers.delete(subscriber)));
  });
});
listen(server);

const textFor = (id: string) => frameOf(`{"id":"${id}","type":"next","payload":${payload}}`);

function update(): void {
  for (const { id, socket } of subscribers) socket.write(textFor(id));
}
