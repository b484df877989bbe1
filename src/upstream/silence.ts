import { UpstreamFault } from './upstream-fault.ts';

/** More than the largest event that is read, whatever its characters are. */
const bytesMax = 16 * 1024 * 1024;

/**
 * What comes of a stream without saying anything: comments, empty chunks, lines that never end. It
 * keeps a connection alive, and to read it costs time, so there is not endlessly much of it.
 */
export class Silence {
  #bytes = 0;

  /** So many have come since something was said. */
  get bytes(): number {
    return this.#bytes;
  }

  /** @throws UpstreamFault EXCESS. */
  grow(bytes: number): void {
    this.#bytes += bytes;
    if (this.#bytes > bytesMax) throw new UpstreamFault({ failure: 'EXCESS', httpStatus: 200 });
  }

  /** Something was said. */
  end(): void {
    this.#bytes = 0;
  }
}
