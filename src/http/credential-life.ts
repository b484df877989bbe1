import type { Principal } from '#identity';
import { Fault } from '#kernel';
import type { Rooms } from '#schema';

/**
 * Calls `ended` when what the principal was let in with is valid no more: the key, the secret of it
 * that was given, or the session. Returns how to stop.
 */
export function whileValid(
  principal: Principal,
  { identity, people }: Pick<Rooms, 'identity' | 'people'>,
  ended: () => void,
): () => void {
  if (principal.kind === 'user') {
    return principal.sessionId ? people.watch(principal.sessionId, ended) : () => {};
  }
  if (principal.kind === 'anonymous') return () => {};
  return identity.onRevoked(({ apiKeyId, secretHash }) => {
    if (apiKeyId !== principal.apiKey.id) return;
    if (secretHash === null || secretHash === principal.secretHash) ended();
  });
}

export const credentialEnded = () =>
  new Fault('UNAUTHENTICATED', {
    public: 'The credential that this began with is no longer valid.',
  });
