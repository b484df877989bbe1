import { EventEmitter } from 'node:events';
import { expect, it } from 'vitest';
import { Intake } from '../../src/http/graphql/sockets/intake.ts';

class StandIn extends EventEmitter {
  writableLength = 0;
  paused = false;
  pause() {
    this.paused = true;
  }
  resume() {
    this.paused = false;
  }
  drain() {
    this.writableLength = 0;
    this.emit('drain');
  }
}

function open(answerBytes: number) {
  const socket = new StandIn();
  const heard: string[] = [];
  const intake = new Intake(socket, socket, (message) => {
    heard.push(message);
    socket.writableLength += answerBytes;
  });
  return { socket, heard, intake };
}

const megabyte = 1024 * 1024;

it('what arrives is heard at once from who reads', () => {
  const { socket, heard, intake } = open(1_000);
  for (const message of ['a', 'b']) intake.take(message);
  expect(heard).toEqual(['a', 'b']);
  expect(socket.paused).toBe(false);
});

it('who leaves its answers unread is heard no more until it has read them', () => {
  const { socket, heard, intake } = open(megabyte + 1);
  for (const message of ['a', 'b', 'c']) intake.take(message);
  expect({ heard, paused: socket.paused }).toEqual({ heard: ['a'], paused: true });
  socket.drain();
  expect({ heard, paused: socket.paused }).toEqual({ heard: ['a', 'b'], paused: true });
  socket.drain();
  expect(heard).toEqual(['a', 'b', 'c']);
  intake.take('d');
  expect(heard).toEqual(['a', 'b', 'c']);
  socket.drain();
  expect(heard).toEqual(['a', 'b', 'c', 'd']);
  socket.writableLength = 0;
  intake.take('e');
  expect(heard).toHaveLength(5);
});

it('who floods with pings and reads no answer is left waiting, too', () => {
  const { socket, intake } = open(0);
  socket.writableLength = megabyte + 1;
  intake.look();
  intake.look();
  expect(socket.paused).toBe(true);
  expect(socket.listenerCount('drain')).toBe(1);
  socket.drain();
  expect(socket.paused).toBe(false);
});
