import type { Log } from '#kernel';
import type { BusTopics, Topic } from './topics.ts';

/** Brings messages to this process's subscribers. */
export interface Delivery {
  subscribe<T extends Topic>(topic: T, handler: (message: BusTopics[T]) => void): () => void;
  onHealed(listener: () => void): () => void;
  deliver<T extends Topic>(topic: T, message: BusTopics[T]): void;
  /** The same in a microtask: no publisher runs a subscriber's code inside its own. */
  deliverSoon<T extends Topic>(topic: T, message: BusTopics[T]): void;
  heal(): void;
  end(): void;
}

type Handler = (message: never) => void;

export function openDelivery(log: Log): Delivery {
  const handlers = new Map<Topic, Set<Handler>>();
  const healed = new Set<() => void>();

  const attempt = (run: () => void, topic?: Topic) => {
    try {
      run();
    } catch (error) {
      log.error('a subscriber of the bus failed', { error, ...(topic ? { topic } : {}) });
    }
  };
  const deliver: Delivery['deliver'] = (topic, message) => {
    for (const handler of handlers.get(topic) ?? []) {
      attempt(() => handler(message as never), topic);
    }
  };

  return {
    subscribe(topic, handler) {
      // A function subscribed twice hears twice and stops one at a time, so each gets an identity
      // of its own.
      const own: Handler = (message) => handler(message);
      const subscribed = handlers.get(topic) ?? new Set();
      handlers.set(topic, subscribed.add(own));
      return () => void subscribed.delete(own);
    },
    onHealed(listener) {
      const own = () => listener();
      healed.add(own);
      return () => void healed.delete(own);
    },
    deliver,
    deliverSoon: (topic, message) => queueMicrotask(() => deliver(topic, message)),
    heal() {
      for (const listener of healed) attempt(listener);
    },
    end() {
      for (const subscribed of handlers.values()) subscribed.clear();
      healed.clear();
    },
  };
}
