import type { Completion } from './completion.ts';
import type { StatusViewer } from './status-viewer.ts';

/** Completions of organizations as they start and end, for those who watch. */
export class StatusFeed {
  readonly #viewers = new Map<string, Set<StatusViewer>>();

  /** Nobody is told of what nobody watches, and nothing is made for it. */
  tell(organizationId: string, completion: () => Completion): void {
    const viewers = this.#viewers.get(organizationId);
    if (!viewers) return;
    const now = completion();
    for (const viewer of viewers) viewer.take(now);
  }

  /** Tells a viewer from now on; returns how to stop. */
  enter(organizationId: string, viewer: StatusViewer): () => void {
    const viewers = this.#viewers.get(organizationId) ?? new Set();
    this.#viewers.set(organizationId, viewers.add(viewer));
    return () => {
      viewers.delete(viewer);
      if (viewers.size === 0) this.#viewers.delete(organizationId);
    };
  }
}
