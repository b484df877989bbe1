import { RateLimiterMemory, RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible';
import { type Clock, Fault, type Log, type Secret } from '#kernel';
import { type CountingLine, openCountingLine } from './redis.ts';

/**
 * What is guessed at, by whom, and how often in how long: failures for passwords and keys, all of
 * them for what makes an account or a letter.
 */
const rules = {
  /** One address guesses the password of one account. */
  password: { points: 10, duration: 300 },
  /** One address guesses passwords, whosoever. */
  address: { points: 100, duration: 300 },
  /** Many addresses guess the password of one account. */
  account: { points: 100, duration: 900 },
  /** Accounts and letters that one address asks for. */
  letters: { points: 300, duration: 600 },
  /** Letters that one account is sent, whosoever asks. */
  letter: { points: 10, duration: 600 },
  /** One address tries keys. */
  key: { points: 100, duration: 60 },
} as const;

export type Guess = keyof typeof rules;

export interface Attempts {
  /** Counts one; milliseconds to wait when there were too many, else null. */
  take(guess: Guess, who: string): Promise<number | null>;
  /** Gives one back: it was right. */
  giveBack(guess: Guess, who: string): Promise<void>;
  /** Milliseconds to wait, as far as this node knows without asking; null when none. */
  waiting(guess: Guess, who: string): number | null;
  close(): void;
}

export interface AttemptsOptions {
  /** Null counts in this process. */
  readonly redisUrl: Secret | null;
  /** Separates installations that share one Redis. */
  readonly prefix: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Counts guesses for all nodes together; while Redis is away, or slow, each node counts for itself.
 */
export async function openAttempts(options: AttemptsOptions): Promise<Attempts> {
  const { redisUrl, prefix, clock, log } = options;
  const line = redisUrl && (await openCountingLine({ redisUrl, clock, log }));
  const limiters = mapRules((guess, rule) => {
    const options = { ...rule, keyPrefix: `${prefix}:attempts:${guess}` };
    const alone = new RateLimiterMemory(options);
    if (!line) return alone;
    const shared = { ...options, storeClient: storeOn(line), useRedisPackage: true };
    return new RateLimiterRedis({ ...shared, insuranceLimiter: alone });
  });
  const blocked = new Map<string, number>();
  const block = (guess: Guess, who: string, ms: number) => {
    if (blocked.size >= blockedMax) blocked.clear();
    if (!blocked.has(`${guess} ${who}`)) log.warn('guessing is slowed', { topic: guess });
    blocked.set(`${guess} ${who}`, clock.monotonic() + ms);
  };
  return {
    async take(guess, who) {
      try {
        await limiters[guess].consume(who);
        return null;
      } catch (refused) {
        if (!(refused instanceof RateLimiterRes)) throw refused;
        block(guess, who, refused.msBeforeNext);
        return refused.msBeforeNext;
      }
    },
    async giveBack(guess, who) {
      await limiters[guess].reward(who);
    },
    waiting(guess, who) {
      const until = blocked.get(`${guess} ${who}`);
      if (until === undefined) return null;
      const ms = until - clock.monotonic();
      if (ms <= 0) blocked.delete(`${guess} ${who}`);
      return ms > 0 ? ms : null;
    },
    close: () => line?.close(),
  };
}

/** All that the limiters ask of a client. It fails in time, and then they count here. */
const storeOn = (line: CountingLine) => ({
  async eval(...question: Parameters<CountingLine['run']>) {
    const answer = await line.run(...question);
    if (answer === null) throw new Fault('UNAVAILABLE', { public: 'Redis does not answer.' });
    return answer;
  },
});

/** Memory is bounded before it is exact: so many addresses are not slowed by counting. */
const blockedMax = 100_000;

type Limiter = RateLimiterMemory | RateLimiterRedis;

function mapRules(make: (guess: Guess, rule: (typeof rules)[Guess]) => Limiter) {
  const entries = Object.entries(rules) as [Guess, (typeof rules)[Guess]][];
  const made = entries.map(([guess, rule]) => [guess, make(guess, rule)]);
  return Object.fromEntries(made) as Record<Guess, Limiter>;
}
