import { credentialNeeded } from './access.ts';
import type { Principal } from './principal.ts';

/** The id that stands in the audit for who acted: of a person or of a key. */
export function actorOf(principal: Principal): string {
  if (principal.kind === 'anonymous') throw credentialNeeded();
  return principal.kind === 'user' ? principal.userId : principal.apiKey.id;
}
