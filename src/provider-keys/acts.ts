import { record } from '#audit';
import type { Market } from '#catalog';
import { actorOf, type Identity, type Principal } from '#identity';
import { type Clock, Fault, newId, type Secret } from '#kernel';
import type { Prisma, Storage, Transaction } from '#storage';
import type { Vault } from '#vault';
import { changeTopic } from './change-topic.ts';
import {
  type AddProviderKeyInput,
  checkedChanges,
  checkedKey,
  hintOf,
  type KeyChanges,
  type UpdateProviderKeyInput,
} from './input.ts';
import { keyNotFound, keyToChange } from './key-rights.ts';
import { openedOrNull, placeOf } from './sealed-keys.ts';

export interface RemovedProviderKey {
  readonly id: string;
  readonly organizationId: string;
}

/** What the steps that change something are given. */
export interface Writing {
  readonly storage: Storage;
  readonly clock: Clock;
  readonly identity: Pick<Identity, 'current' | 'demand' | 'permissions' | 'writeAs'>;
  readonly vault: Pick<Vault, 'seal' | 'unseal'>;
  readonly market: () => Market;
}

/**
 * A credential of an organization's own at a provider; returns its id. Several at one provider are
 * tried in the order in which they were added. Faults: UNAUTHENTICATED, FORBIDDEN, InvalidInput,
 * NOT_FOUND for an organization or provider that is not there, CONFLICT when the organization has
 * this very credential there already.
 */
export async function addKey(
  writing: Writing,
  principal: Principal,
  input: AddProviderKeyInput,
): Promise<string> {
  const { clock, identity, vault, market } = writing;
  const { name, secret } = checkedKey(input);
  const { id: organizationId } = identity.demand(principal, input.organizationId, 'KEYS_WRITE');
  const provider = market().provider(input.provider);
  if (!provider || provider.removedAt) throw providerNotFound();

  const id = newId('providerKey', clock);
  const { fallbackToPlatform } = input;
  const shown = { name, hint: hintOf(secret), fallbackToPlatform };
  await identity.writeAs({ principal, organizationId }, async (tx) => {
    await demandNew(tx, writing, { organizationId, providerId: provider.id, secret });
    const sealed = await vault.seal(tx, secret, placeOf({ id, organizationId }));
    const createdAt = new Date(clock.now());
    const data = { id, organizationId, providerId: provider.id, ...shown, sealed, createdAt };
    await tx.providerKey.create({ data });
    tx.change(changeTopic, id);
    const [actor, details] = [actorOf(principal), { provider: provider.slug, ...shown }];
    const event = { chain: organizationId, actor, action: 'providerKey.added', subject: id };
    await record(tx, { ...event, details }, clock);
  });
  return id;
}

interface Added {
  readonly organizationId: string;
  readonly providerId: string;
  readonly secret: Secret;
}

/** Asked of the database: memory has no disabled key, nor one that is being added meanwhile. */
async function demandNew(tx: Transaction, { vault }: Writing, added: Added): Promise<void> {
  const { secret, ...where } = added;
  const rows = await tx.providerKey.findMany({ where });
  const secrets = rows.map((row) => openedOrNull(vault, row)?.reveal());
  if (secrets.includes(secret.reveal())) throw alreadyThere();
}

/**
 * Changes a key, effective for the next request. Faults: UNAUTHENTICATED, FORBIDDEN, InvalidInput,
 * NOT_FOUND.
 */
export async function updateKey(
  writing: Writing,
  principal: Principal,
  input: UpdateProviderKeyInput,
): Promise<string> {
  const { identity, clock } = writing;
  const changes = checkedChanges(input);
  const row = await keyToChange(writing, principal, input.id);
  const { organizationId } = row;
  await identity.writeAs({ principal, organizationId }, async (tx) => {
    const data = await columnsOf(tx, writing, { row, changes });
    const { count } = await tx.providerKey.updateMany({ where: { id: row.id }, data });
    if (count === 0) throw keyNotFound();
    tx.change(changeTopic, row.id);
    const { secret, ...plain } = changes;
    const details = { ...plain, ...(secret ? { secret: 'given', hint: hintOf(secret) } : {}) };
    const [chain, actor, subject] = [organizationId, actorOf(principal), row.id];
    await record(tx, { chain, actor, action: 'providerKey.updated', subject, details }, clock);
  });
  return row.id;
}

async function columnsOf(
  tx: Transaction,
  { vault }: Writing,
  { row, changes }: { row: Prisma.ProviderKeyModel; changes: KeyChanges },
): Promise<Prisma.ProviderKeyUpdateManyMutationInput> {
  const { secret, ...plain } = changes;
  if (!secret) return plain;
  const sealed = await vault.seal(tx, secret, placeOf(row));
  return { ...plain, sealed, hint: hintOf(secret), lastError: null };
}

/**
 * Removes a key with its credential; running completions end on it, no other begins. Faults:
 * UNAUTHENTICATED, FORBIDDEN, InvalidInput, NOT_FOUND.
 */
export async function removeKey(
  writing: Writing,
  principal: Principal,
  id: string,
): Promise<RemovedProviderKey> {
  const { identity, clock } = writing;
  const row = await keyToChange(writing, principal, id);
  const { organizationId } = row;
  await identity.writeAs({ principal, organizationId }, async (tx) => {
    const { count } = await tx.providerKey.deleteMany({ where: { id } });
    if (count === 0) throw keyNotFound();
    tx.change(changeTopic, id);
    const [chain, actor, details] = [organizationId, actorOf(principal), { name: row.name }];
    const event = { chain, actor, action: 'providerKey.removed', subject: id, details };
    await record(tx, event, clock);
  });
  return { id, organizationId };
}

const providerNotFound = () =>
  new Fault('NOT_FOUND', {
    public: 'There is no such provider. The query `providers` lists them.',
  });

const alreadyThere = () =>
  new Fault('CONFLICT', { public: 'The organization has this very key at this provider already.' });
