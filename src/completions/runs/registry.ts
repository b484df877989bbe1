import { type Clock, Fifo } from '#kernel';
import type { EndedRun } from './ended-run.ts';
import type { RunOfNode } from './run-of-node.ts';
import type { Running } from './running.ts';

/**
 * The runs of this node by id: those that run, and what is kept of those that ended, for as long as
 * their content may be read. Memory is bounded before time is: when the ended ones together weigh
 * more than the budget, the oldest are forgotten first.
 */
export class Registry {
  readonly #clock: Clock;
  readonly #keepMs: number;
  readonly #bytesMax: number;
  readonly #forgotten: (id: string) => void;
  /**
   * An object, not a Map: each table that a Map has grown out of points to the next one, so that
   * once one of them is old, all that ran since live until a full collection.
   */
  readonly #running: Record<string, Running> = Object.create(null);
  readonly #ended = new Map<string, EndedRun>();
  /**
   * What to forget first. To begin with the first of a Map is to step over all that was deleted
   * since its table is as it is, thousands of them at each end.
   */
  readonly #order = new Fifo<{ id: string; bytes: number; forgetAtMs: number }>();
  #bytes = 0;

  constructor(options: {
    clock: Clock;
    keepMs: number;
    bytesMax: number;
    /** Called with the id of a run when its content is gone. */
    forget: (id: string) => void;
  }) {
    this.#clock = options.clock;
    this.#keepMs = options.keepMs;
    this.#bytesMax = options.bytesMax;
    this.#forgotten = options.forget;
  }

  get running(): number {
    return Object.keys(this.#running).length;
  }

  get(id: string): RunOfNode | null {
    this.#forget();
    return this.#running[id] ?? this.#ended.get(id) ?? null;
  }

  /** Keeps a run until some time after it has settled. */
  add(running: Running): void {
    this.#running[running.id] = running;
    void running.settled.then((ended) => this.#keep(running.id, ended));
  }

  /** Those that have not settled. */
  *live(): IterableIterator<Running> {
    for (const running of Object.values(this.#running)) if (!running.log.closed) yield running;
  }

  #keep(id: string, run: EndedRun): void {
    delete this.#running[id];
    const { bytes } = run;
    this.#ended.set(id, run);
    this.#order.push({ id, bytes, forgetAtMs: this.#clock.monotonic() + this.#keepMs });
    this.#bytes += bytes;
    this.#forget();
  }

  #forget(): void {
    const now = this.#clock.monotonic();
    for (let oldest = this.#order.first; oldest; oldest = this.#order.first) {
      if (oldest.forgetAtMs > now && this.#bytes <= this.#bytesMax) return;
      this.#order.shift();
      this.#ended.get(oldest.id)?.log.forget();
      this.#ended.delete(oldest.id);
      this.#bytes -= oldest.bytes;
      this.#forgotten(oldest.id);
    }
  }
}
