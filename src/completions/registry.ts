import type { Clock } from '#kernel';
import type { Running } from './running.ts';

/**
 * What one kept run weighs beyond its content: its events, attempts and bookkeeping, in bytes, as
 * measured over ten thousand of them.
 */
const overhead = 12_000;

const vectorBytes = ({ transcript: { vectors } }: Running) =>
  (vectors?.length ?? 0) * (vectors?.[0]?.length ?? 0) * 8;

/**
 * The runs of this node by id: those that run, and those that ended, for as long as their content
 * may be read. Memory is bounded before time is: when the ended ones together weigh more than the
 * budget, the oldest are forgotten first.
 */
export class Registry {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #bytesMax: number;
  readonly #forgotten: (running: Running) => void;
  readonly #runs = new Map<string, Running>();
  readonly #ended: { running: Running; bytes: number; forgetAtMs: number }[] = [];
  #bytes = 0;
  #running = 0;

  constructor(options: {
    clock: Clock;
    keepMs: number;
    bytesMax: number;
    /** Called with a run when its content is gone. */
    forget: (running: Running) => void;
  }) {
    this.#clock = options.clock;
    this.#keepMs = options.keepMs;
    this.#bytesMax = options.bytesMax;
    this.#forgotten = options.forget;
  }

  get running(): number {
    return this.#running;
  }

  get(id: string): Running | null {
    this.#forget();
    return this.#runs.get(id) ?? null;
  }

  /** Keeps a run until some time after it has settled. */
  add(running: Running): void {
    this.#runs.set(running.id, running);
    this.#running++;
    void running.settled.then(() => this.#keep(running));
  }

  /** Those that have not settled. */
  *live(): IterableIterator<Running> {
    for (const running of this.#runs.values()) if (!running.log.closed) yield running;
  }

  #keep(running: Running): void {
    this.#running--;
    const bytes =
      overhead +
      running.transcript.bytes * 2 +
      JSON.stringify(running.request.chat).length +
      vectorBytes(running);
    this.#ended.push({ running, bytes, forgetAtMs: this.#clock.monotonic() + this.#keepMs });
    this.#bytes += bytes;
    this.#forget();
  }

  #forget(): void {
    const now = this.#clock.monotonic();
    let oldest = this.#ended[0];
    while (oldest && (oldest.forgetAtMs <= now || this.#bytes > this.#bytesMax)) {
      this.#ended.shift();
      this.#bytes -= oldest.bytes;
      this.#runs.delete(oldest.running.id);
      this.#forgotten(oldest.running);
      oldest = this.#ended[0];
    }
  }
}
