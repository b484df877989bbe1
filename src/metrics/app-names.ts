import type { Sample } from './sample.ts';
import { startOf } from './window.ts';

/** Names that count in a day: of one organization, and of all together. */
const ofOneMax = 100;
const ofAllMax = 2_000;

/**
 * Which applications are counted. A name is the caller's to choose, and each that is counted takes
 * memory for a day, so there are only so many; and where nobody of the market asks money nothing
 * would be ranked.
 */
export class AppNames {
  #startMs = Number.NEGATIVE_INFINITY;
  #all = new Set<string>();
  #byOrganization = new Map<string, Set<string>>();

  /** The application that this sample counts for; null when it counts for none. */
  of({ app, organizationId, at, priced }: Sample): string | null {
    if (app === null || !priced) return null;
    this.#turnTo(startOf('DAY', at));
    const own = this.#byOrganization.get(organizationId) ?? new Set<string>();
    if (own.has(app)) return app;
    if (own.size >= ofOneMax || (this.#all.size >= ofAllMax && !this.#all.has(app))) return null;
    this.#all.add(app);
    this.#byOrganization.set(organizationId, own.add(app));
    return app;
  }

  #turnTo(startMs: number): void {
    if (startMs <= this.#startMs) return;
    this.#startMs = startMs;
    this.#all = new Set();
    this.#byOrganization = new Map();
  }
}
