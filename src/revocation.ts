import type { Credits } from '#credits';
import type { Identity } from '#identity';
import type { Log } from '#kernel';
import type { Storage } from '#storage';

/**
 * Answers a revocation once every live node has applied it, or after a second: a node that did not
 * say so by then refuses the key itself, because it is not fresh any more.
 */
export function confirmedByAll(
  identity: Identity,
  rooms: { credits: Credits; storage: Storage; log: Log },
): Identity {
  const { credits, storage, log } = rooms;
  return {
    ...identity,
    async revokeApiKey(principal, id) {
      const apiKey = await identity.revokeApiKey(principal, id);
      if (!(await credits.acknowledged(storage.changes.applied))) {
        log.warn('A revocation was not confirmed by every node within a second.', { apiKey: id });
      }
      return apiKey;
    },
  };
}
