import { type Clock, type Log, type Secret, sleep } from '#kernel';

/** A line to the Redis that counts for all nodes, which nobody waits for long. */
export interface CountingLine {
  /**
   * What the script answers; null when there is no answer in time, or a refusal: then each node
   * counts for itself.
   */
  run(script: string, given: Given): Promise<unknown>;
  close(): void;
}

interface Given {
  readonly keys: string[];
  readonly arguments: string[];
}

export interface CountingLineOptions {
  readonly redisUrl: Secret;
  readonly clock: Clock;
  readonly log: Log;
  /** Redis answers again, or no more: called when it changes, with the reason. */
  readonly changed?: (answers: boolean, reason: unknown) => void;
}

/** Whoever asks waits for so long; then for a while nobody asks, and after that one of them. */
const silentMs = 250;
const askAgainMs = 1_000;
/** A connection that brings nothing for so long, however late, is replaced. */
const goneMs = 10_000;

/** Its client is loaded only where there is a Redis: it is 600 modules. */
export async function openCountingLine(options: CountingLineOptions): Promise<CountingLine> {
  const { redisUrl, clock, log, changed } = options;
  const { createClient, ErrorReply } = await import('redis');
  let answers = true;
  let askAtMs = 0;
  /** The first question of those that nothing came back for. */
  let waitingSinceMs: number | null = null;

  const alive = () => {
    waitingSinceMs = null;
  };
  const dial = () => {
    const opened = createClient({ url: redisUrl.reveal(), disableOfflineQueue: true });
    opened.on('error', (error) => log.debug('this node counts alone for now', { error }));
    opened.on('ready', alive);
    opened.connect().catch(() => {}); // told by the listener above
    return opened;
  };
  let client = dial();

  const heard = (now: boolean, reason: unknown) => {
    askAtMs = now ? 0 : clock.monotonic() + askAgainMs;
    if (now === answers) return;
    answers = now;
    changed?.(now, reason);
  };
  // The client reconnects by itself when a connection ends. One whose other side has vanished does
  // not end for a quarter of an hour, and a handshake waits for ever.
  const replaceWhenGone = (nowMs: number) => {
    waitingSinceMs ??= nowMs;
    if (nowMs - waitingSinceMs < goneMs) return;
    client.destroy();
    client = dial();
    waitingSinceMs = nowMs;
  };
  const put = async (script: string, given: Given) => {
    try {
      const answer = await client.eval(script, given);
      alive();
      return answer;
    } catch (error) {
      if (error instanceof ErrorReply) alive();
      throw error;
    }
  };
  return {
    async run(script, given) {
      const nowMs = clock.monotonic();
      if (nowMs < askAtMs) return null;
      if (!answers) askAtMs = nowMs + askAgainMs; // nobody else waits meanwhile
      replaceWhenGone(nowMs);
      const patience = new AbortController();
      const silence = noAnswer(clock, patience.signal);
      silence.catch(() => undefined); // once it is not waited for
      try {
        const answer = await Promise.race([put(script, given), silence]);
        heard(answer !== null, `no answer within ${silentMs} ms`);
        return answer;
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

async function noAnswer(clock: Clock, signal: AbortSignal): Promise<null> {
  await sleep(clock, silentMs, signal);
  await sleep(clock, 0, signal); // a busy thread's timers come before what it has to read
  return null;
}
