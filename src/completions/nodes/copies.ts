import type { Shelf } from '#bus';
import { Fault } from '#kernel';
import { type SealingKey, seal, unseal } from '#vault';
import { keepMs } from '../completion.ts';
import type { Rooms } from '../rooms.ts';
import { type Copy, copyOf, type Piece } from './copy.ts';
import { fromBytes, toBytes } from './wire.ts';

/** Copies of completions, sealed, where every node can read them. */
export interface Copies {
  /** Begins a copy, or begins it anew; resolves with its size in bytes. One too large is none. */
  begin(id: string, piece: Piece): Promise<number>;
  /** Goes on with one; null when there is none any more. */
  goOn(id: string, piece: Piece): Promise<number | null>;
  /** Null when there is none, or none that can be read. Never throws. */
  read(id: string): Promise<Copy | null>;
  drop(id: string): Promise<void>;
}

export type CopiesOptions = Pick<Rooms, 'cipher' | 'log' | 'market'>;

export function openCopies(shelf: Shelf, { cipher, log, market }: CopiesOptions): Copies {
  const key: SealingKey = { number: 1, bytes: cipher.derive('copies of completions 1') };
  const reading = new Map<string, Promise<Copy | null>>();
  const nameOf = (id: string) => `said:${id}`;
  const sealed = (id: string, piece: Piece) => seal(key, toBytes(piece), placeOf(id));

  const readNow = async (id: string): Promise<Copy | null> => {
    try {
      const pieces = await shelf.read(nameOf(id));
      return copyOf(
        id,
        pieces.map((bytes) => opened(id, bytes)),
        market(),
      );
    } catch (error) {
      // That Redis is away the bus has said, once.
      const away = error instanceof Fault && error.code === 'UNAVAILABLE';
      const tell = away ? log.debug : log.warn;
      tell('the copy of a completion could not be read', { completion: id, error });
      return null;
    }
  };
  // Whoever can close one is a node of ours.
  const opened = (id: string, bytes: Buffer) => fromBytes(unseal(key, bytes, placeOf(id))) as Piece;

  return {
    async begin(id, piece) {
      const bytes = sealed(id, piece);
      if (bytes.length <= copyBytesMax) await shelf.put(nameOf(id), bytes, keepMs);
      return bytes.length;
    },
    async goOn(id, piece) {
      const bytes = sealed(id, piece);
      return (await shelf.add(nameOf(id), bytes, keepMs)) ? bytes.length : null;
    },
    /** Whoever asks while it is being read gets the same. */
    read(id) {
      const under = reading.get(id);
      if (under) return under;
      const read = readNow(id).finally(() => reading.delete(id));
      reading.set(id, read);
      return read;
    },
    drop: (id) => shelf.drop(nameOf(id)),
  };
}

/** What is larger is not left to other nodes. */
export const copyBytesMax = 4 * 1_048_576;

const placeOf = (id: string) => `a copy of ${id}`;
