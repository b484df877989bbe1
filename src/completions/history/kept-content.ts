import type { Clock, Log, Timer } from '#kernel';
import type { Storage } from '#storage';
import type { Content } from '../completion.ts';

/** What is kept of an ended completion. */
export interface Said {
  readonly completionId: string;
  readonly organizationId: string;
  readonly endedAt: Date;
  /** Vectors and pictures are megabytes, not words: they are gone with the run. */
  readonly content: Omit<Content, 'availableUntil' | 'vectors' | 'images'>;
}

interface KeptContentOptions {
  readonly storage: Pick<Storage, 'query'>;
  readonly clock: Clock;
  readonly log: Log;
}

const retryMs = 1_000;
const sweepMs = 60_000;
/** Rows that one statement deletes, so that it is short. */
const sweepRows = 1_000;
/** What may wait for a database that is away; beyond it the oldest is given up. */
const waitingMax = 2_000;

/**
 * Prompts and answers of organizations that want them kept, in the database. Written behind the
 * completion, which does not wait for it; deleted when the days of the organization are over, as it
 * says now: shorter ones take effect with the next sweep, within a minute.
 */
export class KeptContent {
  readonly #options: KeptContentOptions;
  readonly #waiting: Said[] = [];
  readonly #timers: readonly Timer[];
  #writing: Promise<void> | null = null;

  constructor(options: KeptContentOptions) {
    this.#options = options;
    const { clock } = options;
    this.#timers = [
      clock.every(retryMs, () => void this.flush()),
      clock.every(sweepMs, () => void this.sweep()),
    ];
  }

  keep(said: Said): void {
    this.#waiting.push(said);
    const { log } = this.#options;
    if (this.#waiting.length > waitingMax && this.#waiting.shift()) {
      log.error('what was said in a completion could not be kept', { count: 1 });
    }
    void this.flush();
  }

  /** As it was said; null when it was not kept, or is no more. */
  async find(completionId: string): Promise<Said['content'] | null> {
    const sql = 'SELECT content FROM completion_content WHERE completion_id = $1';
    const [row] = await this.#options.storage.query<{ content: string }>(sql, [completionId]);
    return row ? (JSON.parse(row.content) as Said['content']) : null;
  }

  /** Writes what waits; on failure it goes on waiting. */
  flush(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null;
    });
    return this.#writing;
  }

  /** Deletes what is kept no longer. */
  async sweep(): Promise<void> {
    const { storage, clock, log } = this.#options;
    const sql = `WITH over AS (
        SELECT c.completion_id FROM completion_content c
        JOIN organization o ON o.id = c.organization_id
        WHERE c.ended_at <= $1::timestamptz - make_interval(days => o.retain_content_days)
        LIMIT ${sweepRows}
      )
      DELETE FROM completion_content c USING over WHERE c.completion_id = over.completion_id
      RETURNING c.completion_id`;
    try {
      for (let deleted = sweepRows; deleted === sweepRows; ) {
        deleted = (await storage.query(sql, [new Date(clock.now())])).length;
      }
    } catch (error) {
      log.warn('content that is kept no longer could not be deleted yet', { error });
    }
  }

  /** Writes what waits. */
  async close(): Promise<void> {
    for (const timer of this.#timers) timer.cancel();
    await this.flush();
  }

  async #write(): Promise<void> {
    const { storage, log } = this.#options;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.splice(0, 100);
      try {
        await storage.query(
          `INSERT INTO completion_content (completion_id, organization_id, ended_at, content)
           SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[])
           ON CONFLICT DO NOTHING`,
          columnsOf(batch),
        );
      } catch (error) {
        this.#waiting.unshift(...batch);
        log.warn('what was said in completions is not kept yet', { count: batch.length, error });
        return;
      }
    }
  }
}

const columnsOf = (batch: readonly Said[]) => [
  batch.map(({ completionId }) => completionId),
  batch.map(({ organizationId }) => organizationId),
  batch.map(({ endedAt }) => endedAt.toISOString()),
  batch.map(({ content }) => JSON.stringify(content)),
];
