import type { Endpoint, Provider } from '#catalog';
import type { Breaker } from './breaker.ts';
import type { Line } from './line.ts';

export type EndpointStatus = 'UP' | 'DEGRADED' | 'DOWN' | 'NOT_CONFIGURED' | 'DISABLED';

export interface Condition {
  readonly status: EndpointStatus;
  /** Why it is not UP. */
  readonly reason: string | null;
  readonly since: Date;
}

/** Of an endpoint that nobody may use, however it fares; null for the others. */
export function withheldCondition(endpoint: Endpoint): Condition | null {
  const { provider, createdAt, removedAt } = endpoint;
  const gone = removedAt ?? provider.removedAt;
  if (gone) return { status: 'DISABLED', reason: 'It is no longer offered.', since: gone };
  if (!endpoint.enabled) {
    return { status: 'DISABLED', reason: 'An administrator took it out.', since: createdAt };
  }
  if (!provider.configured) {
    return { status: 'NOT_CONFIGURED', reason: noAccessTo(provider), since: createdAt };
  }
  return null;
}

/** That the platform cannot use a provider, and what its operator would have to set. */
export function noAccessTo({ name, unset }: Provider): string {
  const mended = unset.length > 0 ? ` Its operator has yet to set ${unset.join(' and ')}.` : '';
  return `The platform has no access to ${name} yet.${mended}`;
}

/** What the breaker of an endpoint, and the line of the platform's credential, amount to. */
export function conditionOf(breaker: Breaker, line: Line | undefined): Omit<Condition, 'since'> {
  if (breaker.forgotten || line?.breaker.forgotten) {
    return {
      status: 'DEGRADED',
      reason: 'It failed when it was last used; the next request tries it.',
    };
  }
  if (breaker.state !== 'CLOSED') {
    return { status: 'DOWN', reason: 'It keeps failing and is tried again from time to time.' };
  }
  if (line && line.breaker.state !== 'CLOSED') {
    const reason = "It refuses the platform's credential and is tried again from time to time.";
    return { status: 'DOWN', reason };
  }
  if (breaker.pausedMs > 0 || (line?.pausedMs ?? 0) > 0) {
    return { status: 'DEGRADED', reason: 'The provider limits the rate of requests.' };
  }
  if (breaker.troubled || line?.breaker.troubled) {
    return { status: 'DEGRADED', reason: 'Some requests of the last 30 s failed.' };
  }
  return { status: 'UP', reason: null };
}
