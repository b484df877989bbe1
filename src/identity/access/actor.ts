import { Fault } from '#kernel';
import { credentialNeeded } from './access.ts';
import type { Principal, UserPrincipal } from './principal.ts';

/** The id that stands in the audit for who acted. */
export function actorOf(principal: Principal): string {
  if (principal.kind === 'anonymous') throw credentialNeeded();
  return principal.kind === 'user' ? principal.userId : principal.apiKey.id;
}

/**
 * The person who acts. `what` completes "An API key …", such as "makes no organizations". Faults:
 * UNAUTHENTICATED; FORBIDDEN to keys.
 */
export function personOf(principal: Principal, what: string): UserPrincipal {
  if (principal.kind === 'anonymous') throw credentialNeeded();
  if (principal.kind === 'user') return principal;
  throw new Fault('FORBIDDEN', { public: `An API key ${what}. Sign in as a person.` });
}
