import { randomUUID } from 'node:crypto';
import type { Clock, Log, Secret } from '#kernel';
import { openDelivery } from './delivery.ts';
import { readEnvelope, writeEnvelope } from './envelope.ts';
import { openShelf, type Shelf } from './shelf.ts';
import type { BusTopics, Topic } from './topics.ts';

export interface Bus {
  /**
   * Tells every node, this one included. Never throws and never waits; here it arrives once the
   * running code has let go of the thread (a microtask), elsewhere when Redis brings it, or not at
   * all: see `onHealed`.
   */
  publish<T extends Topic>(topic: T, message: BusTopics[T]): void;
  /**
   * Calls `handler` for each message; returns how to stop. A handler that throws is logged and
   * harms nobody.
   */
  subscribe<T extends Topic>(topic: T, handler: (message: BusTopics[T]) => void): () => void;
  /**
   * Called when messages may have been missed, by this node or by those that it could not tell, and
   * the way is open again: re-read what the topics speak of.
   */
  onHealed(listener: () => void): () => void;
  /** Whether there can be other nodes: with Redis. */
  readonly shared: boolean;
  /** What nodes leave for each other; null without Redis. */
  readonly shelf: Shelf | null;
  /** False while other nodes are out of reach. Always true without Redis: there are no others. */
  readonly connected: boolean;
  /**
   * Ends it: nothing is delivered afterwards. Waits at most half a second for what is on its way
   * out.
   */
  close(): Promise<void>;
}

export interface BusOptions {
  /** `redis://` or `rediss://`; null keeps to this process. */
  readonly redisUrl: Secret | null;
  readonly clock: Clock;
  readonly log: Log;
  /** Separates installations that share one Redis. */
  readonly prefix?: string;
}

/**
 * With Redis it resolves after the first attempt to connect, within three seconds, whether that
 * succeeded (`connected`) or not; it then goes on trying for as long as it is open.
 */
export async function openBus(options: BusOptions): Promise<Bus> {
  return options.redisUrl ? shared(options, options.redisUrl) : local(options);
}

function local({ log }: BusOptions): Bus {
  const delivery = openDelivery(log);
  return {
    publish: delivery.deliverSoon,
    subscribe: delivery.subscribe,
    onHealed: delivery.onHealed,
    shared: false,
    shelf: null,
    connected: true,
    close: async () => delivery.end(),
  };
}

async function shared({ clock, log, prefix }: BusOptions, url: Secret): Promise<Bus> {
  const delivery = openDelivery(log);
  const origin = randomUUID();
  const name = prefix ?? 'bourse';
  const channel = `${name}:bus`;

  const received = (text: string) => {
    const envelope = readEnvelope(text);
    if (!envelope) return log.warn('a message on the bus was dropped: it has no known form');
    if (envelope.origin === origin) return;
    if (envelope.kind === 'healed') return delivery.heal();
    delivery.deliver(envelope.topic, envelope.message);
  };
  // What this node said while it was cut off, the others will never hear, so all of them look
  // again.
  const healed = () => {
    delivery.heal();
    link.send(writeEnvelope({ kind: 'healed', origin }));
  };
  // Loaded only where there is a Redis: its client is 600 modules.
  const { openLink } = await import('./link.ts');
  const link = openLink({ url, channel, clock, log, received, healed });
  await link.attempted;

  return {
    publish(topic, message) {
      delivery.deliverSoon(topic, message);
      link.send(writeEnvelope({ kind: 'message', origin, topic, message }));
    },
    subscribe: delivery.subscribe,
    onHealed: delivery.onHealed,
    shared: true,
    shelf: openShelf(link, name, clock),
    get connected() {
      return link.connected;
    },
    close() {
      delivery.end();
      return link.close();
    },
  };
}
