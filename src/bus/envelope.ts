import { type BusTopics, type Topic, topicForms } from './topics.ts';

/** What travels between nodes: a message, or the news that a node was cut off and is back. */
export type Envelope = MessageEnvelope<Topic> | HealedEnvelope;

export interface MessageEnvelope<T extends Topic> {
  readonly kind: 'message';
  /** The node that sent it, which has already heard it. */
  readonly origin: string;
  readonly topic: T;
  readonly message: BusTopics[T];
}

export interface HealedEnvelope {
  readonly kind: 'healed';
  readonly origin: string;
}

export const writeEnvelope = (envelope: Envelope): string => JSON.stringify(envelope);

/** The envelope, or null when the text is none: whoever can reach Redis can write to it. */
export function readEnvelope(text: string): Envelope | null {
  const read = parse(text);
  if (typeof read !== 'object' || read === null) return null;
  const { kind, origin, topic, message } = read as Partial<Record<string, unknown>>;
  if (typeof origin !== 'string') return null;
  if (kind === 'healed') return { kind, origin };
  if (kind !== 'message' || typeof topic !== 'string' || !Object.hasOwn(topicForms, topic)) {
    return null;
  }
  const checked = topicForms[topic as Topic].safeParse(message);
  if (!checked.success) return null;
  return { kind, origin, topic: topic as Topic, message: checked.data };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
