import type { Clock } from '#kernel';
import type { Storage, Transaction } from '#storage';
import type { Access } from './access/access.ts';
import type { Directory } from './access/directory.ts';
import type { Cipher } from './cipher.ts';

/** What the steps that change something are given. */
export interface Writing {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly directory: Directory;
  readonly access: Access;
  readonly cipher: Cipher;
  readonly openAccount: OpenAccount;
  readonly announceRevocation: AnnounceRevocation;
}

/** Opens the credit account of a new organization, in the transaction that makes it. */
export type OpenAccount = (tx: Transaction, organizationId: string) => Promise<void>;

/**
 * Tells the other nodes that a key is being revoked, before the database knows it: the message and
 * the change each reach a node that the other cannot.
 */
export type AnnounceRevocation = (apiKeyId: string) => void;
