/**
 * vault: seals other parties' credentials, so that a copy of the database reveals none of them.
 * Owns the table `master_key`; refuses to know whose credentials they are: whoever keeps a sealed
 * one keeps it in a table of its own.
 *
 * 1. A credential is sealed with AES-256-GCM under a master key, whose number stands in the sealed
 *    form; it opens for the place that it was sealed for and for no other.
 * 2. Master keys are random, and kept sealed under a key derived from ENCRYPTION_KEY: neither the
 *    database nor the setting opens anything alone.
 * 3. A rotation seals every credential anew under a new master key and deletes the former one, in
 *    one transaction: either all of it happened, or none.
 * 4. Nothing is sealed under a master key that a rotation has replaced, on whichever node.
 * 5. A credential that cannot be opened is reported by its place, never by a part of it.
 */
export type { Rotated } from './rotation.ts';
export { type SealingKey, seal, unseal } from './seal.ts';
export { openVault, type Vault } from './vault.ts';
