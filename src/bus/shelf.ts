import { type Clock, sleep } from '#kernel';
import type { Link } from './link.ts';
import { silence } from './silence.ts';

/**
 * What one node leaves for the others: lists of bytes, each gone when nothing was added to it for
 * its time. Each call fails as UNAVAILABLE while Redis does not answer.
 */
export interface Shelf {
  /** A list of this content alone, in place of what was there. */
  put(name: string, content: Uint8Array, lastsMs: number): Promise<void>;
  /** Adds to the list; false when there is none any more. */
  add(name: string, content: Uint8Array, lastsMs: number): Promise<boolean>;
  /** Everything in the list, in order; empty when there is none. Within a second. */
  read(name: string): Promise<readonly Buffer[]>;
  drop(name: string): Promise<void>;
}

const readMsMax = 1_000;
/** Strings of Redis as bytes; `$` begins one in its protocol. */
const asBytes = { 36: Buffer } as const;

export function openShelf(link: Pick<Link, 'ask'>, prefix: string, clock: Clock): Shelf {
  const nameOf = (name: string) => `${prefix}:${name}`;
  return {
    async put(name, content, lastsMs) {
      const key = nameOf(name);
      await link.ask((redis) =>
        redis.multi().del(key).rPush(key, Buffer.from(content)).pExpire(key, lastsMs).exec(),
      );
    },
    async add(name, content, lastsMs) {
      const key = nameOf(name);
      const [length] = await link.ask((redis) =>
        redis.multi().rPushX(key, Buffer.from(content)).pExpire(key, lastsMs).exec(),
      );
      return Number(length) > 0;
    },
    async read(name) {
      const asked = link.ask((redis) => redis.withTypeMapping(asBytes).lRange(nameOf(name), 0, -1));
      const patience = new AbortController();
      const tooLong = sleep(clock, readMsMax, patience.signal).then(() => {
        throw silence(`no answer within ${readMsMax} ms`);
      });
      tooLong.catch(() => undefined); // once it is not waited for
      try {
        return await Promise.race([asked, tooLong]);
      } finally {
        patience.abort();
      }
    },
    drop: async (name) => void (await link.ask((redis) => redis.del(nameOf(name)))),
  };
}
