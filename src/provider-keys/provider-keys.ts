import type { Market } from '#catalog';
import type { Identity, Principal } from '#identity';
import type { Clock, Log } from '#kernel';
import type { Storage } from '#storage';
import type { Vault } from '#vault';
import { addKey, type RemovedProviderKey, removeKey, updateKey, type Writing } from './acts.ts';
import { type Condition, Conditions } from './condition.ts';
import type { AddProviderKeyInput, UpdateProviderKeyInput } from './input.ts';
import { KeyRing, type OwnKeys } from './key-ring.ts';

export interface ProviderKeysOptions {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly log: Log;
  readonly identity: Pick<Identity, 'current' | 'demand' | 'permissions' | 'writeAs'>;
  readonly vault: Pick<Vault, 'seal' | 'unseal'>;
  readonly market: () => Market;
}

/** The door of the room. What requests ask is answered from memory. */
export interface ProviderKeys {
  /** `addKey` */
  add(principal: Principal, input: AddProviderKeyInput): Promise<string>;
  /** `updateKey` */
  update(principal: Principal, input: UpdateProviderKeyInput): Promise<string>;
  /** `removeKey` */
  remove(principal: Principal, id: string): Promise<RemovedProviderKey>;
  /** The enabled keys of an organization, by provider. */
  of(organizationId: string): OwnKeys;
  /** Whether a key is still there and enabled. */
  has(id: string): boolean;
  /** A key was used: what its provider said when it refused it; null when it took it. */
  used(id: string, refusal: string | null): void;
  /** How a key fares, as far as this node knows and before it is written. */
  condition(id: string): Condition | undefined;
  /** Writes what is pending. */
  close(): Promise<void>;
}

/** Reads all keys, and follows their changes. */
export async function openProviderKeys(options: ProviderKeysOptions): Promise<ProviderKeys> {
  const { storage, clock, log, identity } = options;
  const ring = await KeyRing.open(options);
  const query: Storage['query'] = (sql, values) => storage.query(sql, values);
  const conditions = new Conditions({ query, clock, log });
  const writing: Writing = options;
  return {
    add: (principal, input) => addKey(writing, identity.current(principal), input),
    async update(principal, input) {
      const id = await updateKey(writing, identity.current(principal), input);
      if (input.secret) conditions.forget(id);
      return id;
    },
    remove: (principal, id) => removeKey(writing, identity.current(principal), id),
    of: (organizationId) => ring.of(organizationId),
    has: (id) => ring.has(id),
    used: (id, refusal) => conditions.note(id, refusal),
    condition: (id) => conditions.of(id),
    close: () => conditions.close(),
  };
}
