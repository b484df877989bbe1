/** Answers that a client may leave unread before nothing more is taken from it. */
const unreadBytesMax = 1024 * 1024;

/** A socket, whose messages and pings arrive with `pause` a few later than asked. */
export interface Pausable {
  pause(): void;
  resume(): void;
}

/** What carries it. */
export interface Wire {
  readonly writableLength: number;
  once(event: 'drain', listener: () => void): unknown;
}

/**
 * Takes messages as long as their sender reads what it is answered. One that asks and asks and
 * reads nothing would have its answers gathered here without end; it is left waiting, and does not
 * answer a ping.
 */
export class Intake {
  readonly #socket: Pausable;
  readonly #wire: Wire;
  readonly #hear: (message: string) => void;
  /** What still arrived after the pause, in order; null while nothing waits. */
  #held: string[] | null = null;

  constructor(socket: Pausable, wire: Wire, hear: (message: string) => void) {
    this.#socket = socket;
    this.#wire = wire;
    this.#hear = hear;
  }

  take(message: string): void {
    this.look();
    if (this.#held) this.#held.push(message);
    else this.#hear(message);
  }

  /** To be called also when something was answered that is no message. */
  look(): void {
    if (this.#held || !this.#isBehind()) return;
    this.#held = [];
    this.#socket.pause();
    this.#wire.once('drain', () => this.#goOn());
  }

  #isBehind(): boolean {
    return this.#wire.writableLength > unreadBytesMax;
  }

  #goOn(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const message of held) this.take(message);
    if (!this.#held) this.#socket.resume();
  }
}
