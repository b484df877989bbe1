import type { Log } from '#kernel';
import type { Completion } from '../completion.ts';
import type { StatusViewer } from './status-viewer.ts';

/** Completions of organizations as they start and end, for those who watch. */
export class StatusFeed {
  readonly #log: Log;
  readonly #viewers = new Map<string, Set<StatusViewer>>();
  /** What runs on other nodes, of the organizations that are watched. */
  readonly #elsewhere = new Map<string, Map<string, Completion>>();
  #onWatched: (organizationId: string) => void = () => undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  get watched(): Iterable<string> {
    return this.#viewers.keys();
  }

  /** What is watched and runs on other nodes. */
  get elsewhere(): Completion[] {
    return [...this.#elsewhere.values()].flatMap((running) => [...running.values()]);
  }

  /** Calls `listener` with each organization that nobody watched before. */
  onWatched(listener: (organizationId: string) => void): void {
    this.#onWatched = listener;
  }

  /**
   * Nobody is told of what nobody watches, and nothing is made for it. A viewer that fails keeps
   * no run from its end, and no other viewer from being told.
   */
  tell(organizationId: string, completion: () => Completion): void {
    const viewers = this.#viewers.get(organizationId);
    if (!viewers) return;
    const now = completion();
    for (const viewer of viewers) {
      try {
        viewer.take(now);
      } catch (error) {
        this.#log.error('a viewer of completions failed', { organization: organizationId, error });
      }
    }
  }

  /**
   * The same of another node, whose running ones are known here from what it told; it may tell them
   * again.
   */
  tellFrom(completion: Completion): void {
    const organizationId = completion.organizationId ?? '';
    const running = this.#elsewhere.get(organizationId);
    if (running?.get(completion.id)?.status === completion.status) return;
    if (completion.finishedAt) running?.delete(completion.id);
    else running?.set(completion.id, completion);
    this.tell(organizationId, () => completion);
  }

  /** An end of which its node told nothing; once, whoever found it. */
  tellMissed(ended: Completion): void {
    if (this.#elsewhere.get(ended.organizationId ?? '')?.has(ended.id)) this.tellFrom(ended);
  }

  /** Tells a viewer from now on, first what runs elsewhere; returns how to stop. */
  enter(organizationId: string, viewer: StatusViewer): () => void {
    const viewers = this.#viewers.get(organizationId) ?? new Set();
    if (viewers.size === 0) {
      this.#elsewhere.set(organizationId, new Map());
      this.#viewers.set(organizationId, viewers);
      this.#onWatched(organizationId);
    }
    for (const running of this.#elsewhere.get(organizationId)?.values() ?? []) {
      viewer.begin(running);
    }
    viewers.add(viewer);
    return () => {
      viewers.delete(viewer);
      if (viewers.size > 0) return;
      this.#viewers.delete(organizationId);
      this.#elsewhere.delete(organizationId);
    };
  }
}
