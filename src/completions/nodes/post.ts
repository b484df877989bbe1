import { randomUUID } from 'node:crypto';
import type { Bus } from '#bus';
import type { Cipher } from '#identity';
import type { Log } from '#kernel';
import { seal, unseal } from '#vault';
import { fromBytes, toBytes, type WireCompletion, type WireEvent } from './wire.ts';

/** What a node asks whoever runs a completion. */
export type Asked =
  | { readonly kind: 'look' | 'cancel' | 'detach'; readonly id: string }
  | {
      readonly kind: 'follow';
      readonly id: string;
      readonly after: number;
      readonly viewer: string;
    };

/** The same as it is sent: `ask` numbers the questions of a node. */
export type Question = Asked & { readonly ask: number };

/** What comes back: the completion, null when it is kept no longer, or events of it. */
export type Answer =
  | { readonly kind: 'completion'; readonly completion: WireCompletion | null }
  | { readonly kind: 'events'; readonly events: readonly WireEvent[] };

export type Letter =
  | Question
  | (Answer & { readonly ask: number })
  /** A viewer of another node is still there, or has left. */
  | { readonly kind: 'stay'; readonly id: string; readonly viewer: string }
  | {
      readonly kind: 'leave';
      readonly id: string;
      readonly viewer: string;
      readonly how: 'for good' | 'connection lost';
    }
  /** Somebody on another node watches the completions of an organization; `anew`: since now. */
  | { readonly kind: 'watch'; readonly organizationId: string; readonly anew: boolean }
  | { readonly kind: 'status'; readonly completion: WireCompletion };

/** Letters between nodes about completions. Those to nobody by name go to all. */
export interface Post {
  send(letter: Letter, to?: string): void;
  onLetter(read: (letter: Letter, from: string) => void): void;
}

export interface PostOptions {
  readonly bus: Pick<Bus, 'publish' | 'subscribe'>;
  readonly cipher: Pick<Cipher, 'derive'>;
  readonly log: Log;
}

const place = 'a letter between nodes';

/**
 * Letters hold prompts and answers, so they are sealed with the installation's key: whoever reads
 * Redis learns nothing, and nobody else can write one.
 */
export function openPost({ bus, cipher, log }: PostOptions): Post {
  const self = randomUUID();
  const key = { number: 1, bytes: cipher.derive('letters between nodes 1') };
  return {
    send(letter, to) {
      const sealed = Buffer.from(seal(key, toBytes(letter), place)).toString('base64');
      bus.publish('completions', { from: self, to: to ?? null, sealed });
    },
    onLetter(read) {
      bus.subscribe('completions', ({ from, to, sealed }) => {
        if (from === self || (to !== null && to !== self)) return;
        const letter = opened(sealed);
        if (letter) read(letter, from);
      });
    },
  };

  function opened(sealed: string): Letter | null {
    try {
      // Whoever can close one is a node of ours.
      return fromBytes(unseal(key, Buffer.from(sealed, 'base64'), place)) as Letter;
    } catch (error) {
      log.warn('a letter between nodes was dropped: it does not open', { error });
      return null;
    }
  }
}
