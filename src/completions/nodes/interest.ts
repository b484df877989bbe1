import type { Clock, Timer } from '#kernel';
import type { Completion } from '../completion.ts';
import type { StatusFeed } from '../feed/status-feed.ts';
import type { Registry } from '../runs/registry.ts';
import type { Letter, Post } from './post.ts';
import { completionToWire } from './wire.ts';

/** Whoever watches an organization says so this often, and is told for three times as long. */
const sayMs = 5_000;
const heardMs = 3 * sayMs;

type Watch = Extract<Letter, { kind: 'watch' }>;

export interface InterestOptions {
  readonly clock: Clock;
  readonly post: Post;
  readonly feed: StatusFeed;
  readonly registry: Registry;
}

/** Which nodes watch the completions of which organizations: others are told nothing. */
export class Interest {
  readonly #options: InterestOptions;
  /** Runs once anybody on this node has watched. */
  #saying: Timer | null = null;
  /** By organization and node: until when that node is told. */
  readonly #watching = new Map<string, Map<string, number>>();

  constructor(options: InterestOptions) {
    this.#options = options;
    options.feed.onWatched((organizationId) => {
      this.#say(organizationId, true);
      this.#saying ??= options.clock.every(sayMs, () => this.#sayAll());
    });
  }

  /** Another node watches: who is not known to, or does so anew, is told what runs here. */
  heard({ organizationId, anew }: Watch, from: string): void {
    const { clock, registry } = this.#options;
    const nodes = this.#watching.get(organizationId) ?? new Map<string, number>();
    const known = nodes.has(from);
    this.#watching.set(organizationId, nodes.set(from, clock.monotonic() + heardMs));
    if (known && !anew) return;
    for (const running of registry.live()) {
      const ofIt = running.payer.organization.id === organizationId;
      if (ofIt) this.#tell(running.completion(), from);
    }
  }

  /** The status of a completion of this node has changed. */
  changed(organizationId: string, completion: () => Completion): void {
    const nodes = this.#watching.get(organizationId);
    if (!nodes) return;
    const nowMs = this.#options.clock.monotonic();
    for (const [node, untilMs] of nodes) {
      if (untilMs > nowMs) this.#tell(completion(), node);
      else nodes.delete(node);
    }
    if (nodes.size === 0) this.#watching.delete(organizationId);
  }

  /** Asks all nodes anew what runs there: something they told may have been lost. */
  again(): void {
    for (const organizationId of this.#options.feed.watched) this.#say(organizationId, true);
  }

  #sayAll(): void {
    const watched = [...this.#options.feed.watched];
    for (const organizationId of watched) this.#say(organizationId, false);
    if (watched.length > 0) return;
    this.#saying?.cancel();
    this.#saying = null;
  }

  #say(organizationId: string, anew: boolean): void {
    this.#options.post.send({ kind: 'watch', organizationId, anew });
  }

  /** Prompt and answer stay where they are. */
  #tell(completion: Completion, node: string): void {
    const told = completionToWire({ ...completion, content: null });
    this.#options.post.send({ kind: 'status', completion: told }, node);
  }
}
