import { type Clock, type Log, type Secret, sleep } from '#kernel';
import { buckets, Minute } from './minute.ts';
import { dial } from './redis.ts';

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

/** A request waits for so long; then for a while nobody asks, and after that one of them. */
const silentMs = 250;
const askAgainMs = 1_000;

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
  const client = await dial(redisUrl, log);
  let answers = true;
  let askAtMs = 0;
  const heard = (now: boolean, error: unknown) => {
    askAtMs = now ? 0 : clock.monotonic() + askAgainMs;
    if (now === answers) return;
    answers = now;
    if (now) log.info('Redis counts the requests of keys again');
    else log.warn('Redis does not count the requests of keys: each node counts its own', { error });
  };
  const ask = (key: string, ...figures: number[]): Promise<unknown> =>
    client.eval(script, {
      keys: [`${prefix}:requests:${key}`],
      arguments: figures.map(String),
    });
  const silence = async (signal: AbortSignal) => {
    await sleep(clock, silentMs, signal);
    await sleep(clock, 0, signal); // a busy thread's timers come before what it has to read
    return null;
  };
  return {
    async take(key, perMinute, worth) {
      if (clock.monotonic() < askAtMs) return null;
      if (!answers) askAtMs = clock.monotonic() + askAgainMs; // nobody else waits meanwhile
      const patience = new AbortController();
      try {
        const reply = await Promise.race([ask(key, perMinute, worth), silence(patience.signal)]);
        heard(reply !== null, `no answer within ${silentMs} ms`);
        return reply === null ? null : countOf(reply as Reply, clock.monotonic());
      } catch (error) {
        heard(false, error);
        return null;
      } finally {
        patience.abort();
      }
    },
    close: () => client.destroy(),
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
