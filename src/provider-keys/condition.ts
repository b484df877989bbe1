import type { Clock, Log, Timer } from '#kernel';
import type { Storage } from '#storage';

/** How a key fares: when it was last used, and what its provider said when it refused it then. */
export interface Condition {
  readonly at: Date;
  readonly error: string | null;
}

const flushMs = 10_000;
const perKeyMs = 60_000;

interface ConditionsOptions {
  readonly query: Storage['query'];
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * When keys were used and refused, written in batches: with the next one when a refusal comes or
 * goes, else at most once a minute for each key. A request never waits for it; what is pending when
 * the process dies is lost.
 */
export class Conditions {
  readonly #options: ConditionsOptions;
  readonly #noted = new Map<string, Condition>();
  readonly #pending = new Map<string, Condition>();
  readonly #timer: Timer;

  constructor(options: ConditionsOptions) {
    this.#options = options;
    this.#timer = options.clock.every(flushMs, () => void this.flush());
  }

  note(id: string, error: string | null): void {
    const at = new Date(this.#options.clock.now());
    const last = this.#noted.get(id);
    const fresh = last && at.getTime() - last.at.getTime() < perKeyMs && at >= last.at;
    if (fresh && last.error === error) return;
    this.#noted.set(id, { at, error });
    this.#pending.set(id, { at, error });
  }

  /** As far as this node knows; undefined when it has not used the key. */
  of(id: string): Condition | undefined {
    return this.#noted.get(id);
  }

  /** A new secret begins with a clean slate. */
  forget(id: string): void {
    this.#noted.delete(id);
    this.#pending.delete(id);
  }

  /** Writes what is pending; on failure it stays so. What another node wrote later is kept. */
  async flush(): Promise<void> {
    const batch = [...this.#pending];
    if (batch.length === 0) return;
    this.#pending.clear();
    const columns = [
      batch.map(([id]) => id),
      batch.map(([, { at }]) => at.toISOString()),
      batch.map(([, { error }]) => error),
    ];
    const { query, log } = this.#options;
    await query(
      `UPDATE provider_key SET last_used_at = used.at, last_error = used.error
       FROM unnest($1::text[], $2::timestamptz[], $3::text[]) AS used (id, at, error)
       WHERE provider_key.id = used.id AND used.at >= coalesce(last_used_at, used.at)`,
      columns,
    ).catch((error) => {
      for (const [id, one] of batch) if (!this.#pending.has(id)) this.#pending.set(id, one);
      log.warn('the last use of provider keys could not be written', { error });
    });
  }

  async close(): Promise<void> {
    this.#timer.cancel();
    await this.flush();
  }
}
