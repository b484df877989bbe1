import type { Clock, Log, Secret } from '#kernel';
import { buckets, Minute } from './minute.ts';
import { openCountingLine } from './redis.ts';

/** The last minute of each key, counted in Redis for all nodes together. */
export interface SharedMinutes {
  /**
   * Takes `worth` if it fits into `perMinute`, and says what then counts; null when Redis does not
   * answer now.
   */
  take(key: string, perMinute: number, worth: number): Promise<SharedCount | null>;
  close(): void;
}

export interface SharedCount {
  readonly taken: boolean;
  /** As this node's monotonic clock has it. */
  readonly minute: Minute;
}

export interface SharedMinutesOptions {
  readonly redisUrl: Secret;
  /** Separates installations that share one Redis. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The buckets of `Minute`, by the second of Redis' clock: what is too old goes, and one is added if
 * there is room. One script, so nothing comes between.
 */
const script = `
  local time = redis.call('TIME')
  local second = tonumber(time[1])
  local counts, total = redis.call('HGETALL', KEYS[1]), 0
  for at = 1, #counts, 2 do
    if tonumber(counts[at]) <= second - ${buckets} then
      redis.call('HDEL', KEYS[1], counts[at])
    else
      total = total + tonumber(counts[at + 1])
    end
  end
  local worth = tonumber(ARGV[2])
  local taken = total + worth <= tonumber(ARGV[1])
  if taken and worth > 0 then
    redis.call('HINCRBY', KEYS[1], second, worth)
    redis.call('EXPIRE', KEYS[1], ${buckets})
  end
  return { taken and 1 or 0, time[1], time[2], redis.call('HGETALL', KEYS[1]) }`;

/** `taken`, the time in seconds and microseconds, and counts behind their seconds. */
type Reply = readonly [number, string, string, readonly string[]];

export async function openSharedMinutes(options: SharedMinutesOptions): Promise<SharedMinutes> {
  const { redisUrl, prefix, clock, log } = options;
  const line = await openCountingLine({
    ...{ redisUrl, clock, log },
    changed(answers, error) {
      if (answers) log.info('Redis counts the requests of keys again');
      else {
        log.warn('Redis does not count the requests of keys: each node counts its own', { error });
      }
    },
  });
  return {
    async take(key, perMinute, worth) {
      const keys = [`${prefix}:requests:${key}`];
      const figures = [perMinute, worth].map(String);
      const reply = await line.run(script, { keys, arguments: figures });
      return reply === null ? null : countOf(reply as Reply, clock.monotonic());
    },
    close: line.close,
  };
}

/**
 * Whole milliseconds, so that a second stays itself there and back; what the answer took to come
 * makes the minute end later here, never earlier.
 */
function countOf([taken, seconds, micros, flat]: Reply, nowMs: number): SharedCount {
  const aheadMs = Math.floor(Number(seconds) * 1_000 + Number(micros) / 1_000 - nowMs);
  const minute = new Minute(aheadMs);
  const counts = flat.flatMap((second, at) =>
    at % 2 === 0 ? [{ second: Number(second), count: Number(flat[at + 1]) }] : [],
  );
  for (const { second, count } of counts.sort((a, b) => a.second - b.second)) {
    minute.add(second * 1_000 - aheadMs, count);
  }
  return { taken: taken === 1, minute };
}
