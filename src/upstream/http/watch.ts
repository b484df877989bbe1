import type { Clock } from '#kernel';
import type { AttemptTimeouts } from '../connector.ts';
import type { UpstreamFailure } from '../upstream-fault.ts';

/** Keeps the four time-outs of an attempt with one timer. */
export interface AttemptWatch {
  /** The connection stands. */
  connected(): void;
  /**
   * The first content is here: from now on the idle time counts instead of the first-content
   * time.
   */
  content(): void;
  /** Something was read. */
  read(): void;
  /** The consumer is slow: silence is ours, not the provider's, until `wake`. */
  rest(): void;
  wake(): void;
  end(): void;
}

/**
 * Starts counting now; calls `expire` at most once. A read only notes its time: the timer finds
 * out when it fires that it has to wait on, so a token costs no timer.
 */
export function watchAttempt(
  clock: Clock,
  timeouts: AttemptTimeouts,
  expire: (failure: UpstreamFailure) => void,
): AttemptWatch {
  const start = clock.monotonic();
  let connected = false;
  let content = false;
  let resting = false;
  let lastRead = start;
  /** Timers of a busy thread fire late, before it reads: what has come by then is read first. */
  let suspected = false;

  const due = (): { at: number; failure: UpstreamFailure } => {
    let first = { at: start + timeouts.totalMs, failure: 'TOTAL_TIMEOUT' as UpstreamFailure };
    const limit = (at: number, failure: UpstreamFailure) => {
      if (at < first.at) first = { at, failure };
    };
    if (content && !resting) limit(lastRead + timeouts.idleMs, 'IDLE_TIMEOUT');
    if (!content) limit(start + timeouts.firstContentMs, 'FIRST_CONTENT_TIMEOUT');
    if (!connected) limit(start + timeouts.connectMs, 'CONNECT_TIMEOUT');
    return first;
  };
  const check = () => {
    const { at, failure } = due();
    const left = at - clock.monotonic();
    if (left <= 0 && suspected) return expire(failure);
    suspected = left <= 0;
    timer = clock.after(Math.max(0, left), check);
  };
  let timer = clock.after(due().at - start, check);
  const rearm = () => {
    timer.cancel();
    suspected = false;
    timer = clock.after(Math.max(0, due().at - clock.monotonic()), check);
  };

  return {
    connected() {
      connected = true;
    },
    content() {
      content = true;
      lastRead = clock.monotonic();
      rearm();
    },
    read() {
      lastRead = clock.monotonic();
    },
    rest() {
      resting = true;
    },
    wake() {
      resting = false;
      lastRead = clock.monotonic();
      rearm();
    },
    end: () => timer.cancel(),
  };
}
