import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

export interface UntakenLimits {
  /** What has not moved for so long is not waited for. */
  readonly stalledMs: number;
  /** What may wait on all connections together. */
  readonly bytesMax: number;
}

/**
 * Answers that were given and that their clients have not taken: they wait in memory on their
 * connections. One that does not move is left; when they weigh too much, those that wait longest
 * are, as one who reads has taken the largest in seconds.
 */
export class Untaken {
  readonly #limits: UntakenLimits;
  /** The bytes that waited when the answer was given, the oldest first. */
  readonly #waiting = new Map<Socket, number>();
  #bytes = 0;

  constructor(limits: UntakenLimits) {
    this.#limits = limits;
  }

  /** To be called when an answer was given. */
  look(response: ServerResponse): void {
    const { socket } = response;
    if (!socket || !response.writableEnded || response.writableFinished) return;
    if (socket.writableLength === 0 || this.#waiting.has(socket)) return;
    this.#waiting.set(socket, socket.writableLength);
    this.#bytes += socket.writableLength;
    const taken = () => this.#forget(socket);
    response.once('finish', taken).once('close', taken);
    // Node starts it anew while a write makes progress, and sets its own for the next request.
    socket.setTimeout(this.#limits.stalledMs);
    for (const oldest of this.#waiting.keys()) {
      if (this.#bytes <= this.#limits.bytesMax) break;
      this.#forget(oldest);
      oldest.destroy();
    }
  }

  #forget(socket: Socket): void {
    this.#bytes -= this.#waiting.get(socket) ?? 0;
    this.#waiting.delete(socket);
  }
}
