/**
 * provider-keys: organizations' own credentials at providers. Owns the table `provider_key`;
 * refuses to know where a request goes or what it costs.
 *
 * 1. A credential is sealed for its row and its organization, open only in memory, and in no
 *    answer, event, error or log; only a hint of it is kept.
 * 2. An organization's requests are given its own credentials and nobody else's.
 * 3. A key that is changed, disabled or removed is so on this node before the call resolves, and on
 *    every node that hears of the change.
 * 4. What belongs to another tenant answers exactly like what does not exist.
 * 5. Every change is in the audit, in the same transaction.
 * 6. A request never waits for this room: when a key was used or refused is written behind.
 */
export type { RemovedProviderKey } from './acts.ts';
export { openProviderKeys, type ProviderKeys, type ProviderKeysOptions } from './provider-keys.ts';
export { resealProviderKeys } from './sealed-keys.ts';
export { providerKeysSeenBy } from './seen-by.ts';
