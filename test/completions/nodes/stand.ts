import type { Bus, BusTopics, Shelf } from '#bus';
import { Secret } from '#kernel';
import { type Letter, openPost, type Post } from '../../../src/completions/nodes/post.ts';
import { openCipher } from '../../../src/identity/cipher.ts';
import { recordingLog } from '../../harness/recording-log.ts';

type Message = BusTopics['completions'];

/** The way between nodes: what was said on it, and who hears it. */
export function wires() {
  const said: Message[] = [];
  const handlers: ((message: Message) => void)[] = [];
  const bus = {
    publish: (_topic: 'completions', message: Message) => {
      said.push(message);
      for (const hear of handlers) hear(message);
    },
    subscribe: (_topic: 'completions', hear: (message: Message) => void) => {
      handlers.push(hear);
      return () => undefined;
    },
  };
  return { said, bus: bus as unknown as Bus };
}

export const cipherOf = (byte: number) =>
  openCipher(new Secret(Buffer.alloc(32, byte).toString('base64')));

/** A node's post, with what it got. */
export function postOf(
  bus: Bus,
  byte = 1,
): { post: Post; got: Letter[]; log: ReturnType<typeof recordingLog> } {
  const log = recordingLog();
  const post = openPost({ bus, cipher: cipherOf(byte), log });
  const got: Letter[] = [];
  post.onLetter((letter) => got.push(letter));
  return { post, got, log };
}

/** A shelf in memory, with how often something was put on it or added. */
export function memoryShelf() {
  const lists = new Map<string, Buffer[]>();
  const shelf = {
    lists,
    writes: 0,
    /** Thrown by everything. */
    broken: null as Error | null,
    /** The completion whose copy is not taken. */
    refuses: null as string | null,
    async put(name: string, content: Uint8Array) {
      shelf.writes++;
      if (shelf.refuses && name.includes(shelf.refuses)) throw new RangeError('too large');
      if (shelf.broken) throw shelf.broken;
      lists.set(name, [Buffer.from(content)]);
    },
    async add(name: string, content: Uint8Array) {
      shelf.writes++;
      if (shelf.broken) throw shelf.broken;
      lists.get(name)?.push(Buffer.from(content));
      return lists.has(name);
    },
    async read(name: string) {
      if (shelf.broken) throw shelf.broken;
      return lists.get(name) ?? [];
    },
    drop: async (name: string) => void lists.delete(name),
  };
  return shelf satisfies Shelf;
}
