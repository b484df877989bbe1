import { createClient } from 'redis';
import { type Clock, deadline, type Log, type Secret, sleep, type Timer } from '#kernel';
import { silence } from './silence.ts';

/** One line to one Redis channel that comes back by itself. */
export interface Link {
  readonly connected: boolean;
  /** Resolves when the first attempt to connect has ended, one way or the other. */
  readonly attempted: Promise<void>;
  /** Sends to the channel, or loses the text while the line is down. */
  send(text: string): void;
  /** Asks the server something over the same line; rejects while it is down. */
  ask<Answer>(question: (client: Client) => Promise<Answer>): Promise<Answer>;
  close(): Promise<void>;
}

export interface LinkOptions {
  readonly url: Secret;
  readonly channel: string;
  readonly clock: Clock;
  readonly log: Log;
  received(text: string): void;
  /** The line is up, and something may have been lost since the link was opened. */
  healed(): void;
}

const dialMs = 3_000;
const pingMs = 1_000;
/**
 * Ticks that a ping may stay unanswered before the other side counts as dead. They are counted
 * instead of timed, because a process that was held up for long gets one tick and finds the answer
 * waiting before the next.
 */
const unansweredMax = 3;
const retryMs = { first: 50, last: 2_000 };
const drainMs = 500;
/**
 * Texts that wait for a slow server; beyond it the line counts as lost, so memory stays bounded.
 */
const waitingMax = 10_000;

export type Client = ReturnType<typeof open>;

/**
 * The client's own reconnecting is off, because it cannot tell a frozen server from a quiet one: a
 * write refreshes its idle time-out, and a handshake has none. Here each connection is used once,
 * watched by pings, and replaced.
 */
export function openLink(options: LinkOptions): Link {
  const { clock, log, channel } = options;
  let client: Client | null = null;
  let connected = false;
  let timer: Timer | null = null;
  let failures = 0;
  let closed = false;

  const dial = async () => {
    const own = open(options.url);
    client = own;
    try {
      own.on('error', (error) => connected && lose(own, error));
      await connect(own, options);
    } catch (error) {
      return lose(own, error);
    }
    connected = true;
    timer = watch(own, clock, (reason) => lose(own, reason));
    if (failures > 0) restore();
  };

  const restore = () => {
    log.info('the bus is connected again');
    failures = 0;
    options.healed();
  };

  const lose = (own: Client, reason: unknown) => {
    own.destroy();
    if (closed || client !== own) return;
    client = null;
    connected = false;
    timer?.cancel();
    if (failures === 0) log.warn('the bus is cut off from other nodes', { error: reason });
    timer = clock.after(retryDelayMs(failures++), () => void dial());
  };

  return {
    attempted: dial(),
    get connected() {
      return connected;
    },
    send(text) {
      const own = client;
      if (own && connected) own.publish(channel, text).catch((error) => lose(own, error));
    },
    ask: async (question) => {
      if (!client || !connected) throw silence('the line is down');
      return question(client);
    },
    async close() {
      closed = true;
      timer?.cancel();
      if (client && connected) {
        connected = false;
        await Promise.race([client.close(), sleep(clock, drainMs)]).catch(() => {});
      }
      client?.destroy();
    },
  };
}

/** Connects and subscribes, or fails within the time for both. */
async function connect(client: Client, options: LinkOptions): Promise<void> {
  const expiry = deadline(options.clock, dialMs, () => client.destroy());
  try {
    await client.connect();
    await client.subscribe(options.channel, options.received);
  } finally {
    expiry.meet();
  }
}

/** Pings; calls `dead` once when the answers stay out. */
function watch(client: Client, clock: Clock, dead: (reason: unknown) => void): Timer {
  let unanswered = 0;
  return clock.every(pingMs, () => {
    if (unanswered === unansweredMax)
      return dead(silence(`no answer to a ping for ${unansweredMax * pingMs} ms`));
    if (unanswered++ > 0) return;
    client.ping().then(() => {
      unanswered = 0;
    }, dead);
  });
}

function retryDelayMs(failures: number): number {
  return Math.min(retryMs.last, retryMs.first * 2 ** failures);
}

function open(url: Secret) {
  return createClient({
    url: url.reveal(),
    RESP: 3,
    disableOfflineQueue: true,
    commandsQueueMaxLength: waitingMax,
    maintNotifications: 'disabled',
    socket: { connectTimeout: dialMs, reconnectStrategy: false },
  });
}
