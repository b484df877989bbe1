import { AsyncLocalStorage } from 'node:async_hooks';
import { scrub } from '#kernel';

/** Where an act comes from, as far as the network tells. */
export interface Origin {
  /** The client's network address; null when there was none. */
  readonly address: string | null;
  /** What the client says it is; null when it says nothing. */
  readonly userAgent: string | null;
}

const nowhere: Origin = { address: null, userAgent: null };
const origins = new AsyncLocalStorage<Origin>();

/**
 * Runs `act` for a client: what is recorded in it, however deep and in whichever room, says where
 * it came from. It goes along with the async context, so that no step in between has to know.
 */
export const actingFrom = <T>(origin: Origin, act: () => T): T => origins.run(origin, act);

export const currentOrigin = (): Origin => origins.getStore() ?? nowhere;

const userAgentMax = 200;

/** A client's own words, made fit to be kept: no control characters, no credential, not long. */
export function plainUserAgent(given: string | undefined): string | null {
  const plain = scrub((given ?? '').replace(/\p{Cc}/gu, ' ')).trim();
  return plain === '' ? null : plain.slice(0, userAgentMax);
}
