import type { Credits } from '#credits';
import type { Identity } from '#identity';
import type { Log } from '#kernel';
import type { ProviderKeys } from '#provider-keys';
import type { Storage } from '#storage';

interface Surroundings {
  readonly credits: Credits;
  readonly storage: Storage;
  readonly log: Log;
}

/**
 * Answers a revocation once every live node has applied it, or after a second: a node that did not
 * say so by then refuses the key itself, because it is not fresh any more. And a new secret, which
 * may be used at another node at once.
 */
export function confirmedByAll(identity: Identity, rooms: Surroundings): Identity {
  const knownToAll =
    <Given extends unknown[], Made>(make: (...given: Given) => Promise<Made>) =>
    async (...given: Given) => {
      const made = await make(...given);
      await rooms.credits.acknowledged(rooms.storage.changes.applied);
      return made;
    };
  return {
    ...identity,
    createApiKey: knownToAll(identity.createApiKey),
    rotateApiKey: knownToAll(identity.rotateApiKey),
    async revokeApiKey(principal, id) {
      const apiKey = await identity.revokeApiKey(principal, id);
      await confirmed(rooms, { apiKey: id });
      return apiKey;
    },
  };
}

/** The same for a provider key that is removed. */
export function removedByAll(providerKeys: ProviderKeys, rooms: Surroundings): ProviderKeys {
  return {
    ...providerKeys,
    async remove(principal, id) {
      const removed = await providerKeys.remove(principal, id);
      await confirmed(rooms, { providerKey: id });
      return removed;
    },
  };
}

async function confirmed(
  { credits, storage, log }: Surroundings,
  key: { apiKey: string } | { providerKey: string },
): Promise<void> {
  if (await credits.acknowledged(storage.changes.applied)) return;
  log.warn('A revocation was not confirmed by every node within a second.', key);
}
