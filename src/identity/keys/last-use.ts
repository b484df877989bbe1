import type { Clock, Log, Timer } from '#kernel';
import type { Storage } from '#storage';

const flushMs = 10_000;
const perKeyMs = 60_000;

/**
 * When keys were last used, written in batches and at most once a minute for each key: a request
 * never waits for it. What is pending when the process dies is lost.
 */
export class LastUse {
  readonly #query: Storage['query'];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #pending = new Map<string, number>();
  readonly #noted = new Map<string, number>();
  readonly #timer: Timer;

  constructor(options: { query: Storage['query']; clock: Clock; log: Log }) {
    this.#query = options.query;
    this.#clock = options.clock;
    this.#log = options.log;
    this.#timer = options.clock.every(flushMs, () => void this.flush());
  }

  note(apiKeyId: string): void {
    const now = this.#clock.now();
    const noted = this.#noted.get(apiKeyId);
    if (noted !== undefined && now - noted < perKeyMs && now >= noted) return;
    this.#noted.set(apiKeyId, now);
    this.#pending.set(apiKeyId, now);
  }

  /** When a key was last noted here: up to a minute before its last use. */
  noted(apiKeyId: string): Date | undefined {
    const at = this.#noted.get(apiKeyId);
    return at === undefined ? undefined : new Date(at);
  }

  /**
   * Writes what is pending; on failure it stays pending. A later time that another node wrote is
   * kept.
   */
  async flush(): Promise<void> {
    const batch = [...this.#pending];
    if (batch.length === 0) return;
    this.#pending.clear();
    try {
      await this.#query(
        `UPDATE api_key SET last_used_at = greatest(last_used_at, used.at)
         FROM unnest($1::text[], $2::timestamptz[]) AS used (id, at)
         WHERE api_key.id = used.id`,
        [batch.map(([id]) => id), batch.map(([, at]) => new Date(at).toISOString())],
      );
    } catch (error) {
      for (const [id, at] of batch) if (!this.#pending.has(id)) this.#pending.set(id, at);
      this.#log.warn('the last use of keys could not be written', { count: batch.length, error });
    }
  }

  async close(): Promise<void> {
    this.#timer.cancel();
    await this.flush();
  }
}
