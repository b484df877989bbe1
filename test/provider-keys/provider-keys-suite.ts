import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { verifyChains } from '#audit';
import type { Market } from '#catalog';
import { derivedId, Fault, InvalidInput } from '#kernel';
import {
  openProviderKeys,
  type ProviderKeys,
  type ProviderKeysOptions,
  resealProviderKeys,
} from '#provider-keys';
import type { Storage } from '#storage';
import { openVault, type Vault } from '#vault';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { type VirtualClock, virtualClock } from '../harness/virtual-clock.ts';
import { elsewhere } from '../identity/node.ts';
import { market } from '../routing/stand.ts';

const wrappingKey = randomBytes(32);
const canary = 'canary-of-a-provider-key-0123456789';
const goods: Market = market({ 'acme/one': [{ provider: 'dear' }, { provider: 'cheap' }] });
const providerId = (slug: string) => derivedId('provider', slug);

/** Who may do what is decided elsewhere: this one may do it in these organizations. */
const mayWriteIn = (
  storage: Storage,
  organizationIds: readonly string[],
  stillThere: () => boolean,
) =>
  ({
    current: (principal) => principal,
    permissions: (_principal, id) =>
      organizationIds.includes(id) ? new Set(['KEYS_READ', 'KEYS_WRITE'] as const) : null,
    demand(_principal, id) {
      if (organizationIds.includes(id)) return { id };
      throw new Fault('NOT_FOUND', { public: 'There is no such organization.' });
    },
    writeAs: async (_acting, act) => {
      if (stillThere()) return storage.write(act);
      throw new Fault('NOT_FOUND', { public: 'There is no such organization.' });
    },
  }) as ProviderKeysOptions['identity'];

/** The same promises on every database. */
export function providerKeysSuite(kind: DatabaseKind): void {
  const clock: VirtualClock = virtualClock();
  const log = recordingLog();
  const someone = { kind: 'user', userId: 'usr_someone', platformAdmin: false } as const;
  let storage: Storage;
  let vault: Vault;
  let keys: ProviderKeys;
  const [ours, theirs] = [derivedId('organization', 'ours'), derivedId('organization', 'theirs')];

  const openOn = async (where: Storage, open = [ours], stillThere = () => true) => {
    const its = await openVault({ storage: where, clock, wrappingKey });
    const identity = mayWriteIn(where, open, stillThere);
    const options = { storage: where, clock, log, identity, vault: its, market: () => goods };
    return { vault: its, keys: await openProviderKeys(options) };
  };

  beforeAll(async () => {
    storage = await freshDatabase(kind, { clock });
    for (const id of [ours, theirs]) {
      await storage.prisma.organization.create({ data: { id, slug: id.slice(-8), name: id } });
    }
    for (const slug of ['dear', 'cheap']) {
      const data = { id: providerId(slug), slug, name: slug, connector: 'openai-compatible' };
      await storage.prisma.provider.create({ data });
    }
  });
  beforeEach(async () => {
    ({ vault, keys } = await openOn(storage));
  });
  afterEach(async () => {
    await keys.close();
    await storage.prisma.providerKey.deleteMany();
  });
  afterAll(() => storage?.close());

  const add = (provider: string, secret: string, organizationId = ours) =>
    keys.add(someone, {
      organizationId,
      provider,
      name: 'k',
      secret,
      fallbackToPlatform: true,
    });
  const secretsAt = (its: ProviderKeys, provider: string, organizationId = ours) =>
    (its.of(organizationId).get(providerId(provider)) ?? []).map(({ secret }) => secret.reveal());
  const refusalOf = (attempt: Promise<unknown>) =>
    attempt.then(
      () => null,
      (thrown: Fault) => thrown.code,
    );

  describe('a provider key', () => {
    test('is used by its organization alone, at once and on other nodes', async () => {
      const other = elsewhere(storage);
      const node = await openOn(other.storage);
      const id = await add('dear', canary);
      expect(secretsAt(keys, 'dear')).toEqual([canary]);
      expect(keys.of(theirs).size).toBe(0);
      expect(secretsAt(node.keys, 'dear')).toEqual([]);
      await other.hear();
      expect(secretsAt(node.keys, 'dear')).toEqual([canary]);
      await keys.remove(someone, id);
      expect(keys.has(id)).toBe(false);
      await other.hear();
      expect(node.keys.has(id)).toBe(false);
      await node.keys.close();
    });

    test('stands in no row in the open, and of it a hint is kept', async () => {
      const id = await add('cheap', canary);
      const row = await storage.prisma.providerKey.findUniqueOrThrow({ where: { id } });
      expect(row.hint).toBe('canary-o…6789');
      expect(Buffer.from(row.sealed).includes('canary')).toBe(false);
      const events = await storage.prisma.auditEvent.findMany({ where: { subject: id } });
      expect(events).toMatchObject([
        { action: 'providerKey.added', details: { provider: 'cheap' } },
      ]);
      expect(inspect([events, log.lines], { depth: null })).not.toContain(canary);
    });

    test('does not open in the row of another organization', async () => {
      const id = await add('cheap', canary);
      const data = { organizationId: theirs };
      await storage.prisma.providerKey.update({ where: { id }, data });
      const node = await openOn(storage, [ours, theirs]);
      expect(node.keys.of(theirs).size).toBe(0);
      expect(log.lines.at(-1)).toMatchObject({ message: 'a provider key does not open' });
      await node.keys.close();
    });

    test('that is disabled is as none, and comes back with another secret', async () => {
      const id = await add('dear', canary);
      await keys.update(someone, { id, enabled: false });
      expect(keys.of(ours).size).toBe(0);
      await keys.update(someone, { id, enabled: true, secret: 'another-credential' });
      expect(secretsAt(keys, 'dear')).toEqual(['another-credential']);
    });

    test('of several, the first that was added is the first that is tried', async () => {
      await add('dear', 'the-first-credential');
      await clock.advance(5);
      await add('dear', 'the-second-credential');
      expect(secretsAt(keys, 'dear')).toEqual(['the-first-credential', 'the-second-credential']);
      expect(await refusalOf(add('dear', 'the-first-credential'))).toBe('CONFLICT');
    });

    test('that is there already is refused, also while it is disabled', async () => {
      const id = await add('dear', canary);
      await keys.update(someone, { id, enabled: false });
      expect(await refusalOf(add('dear', canary))).toBe('CONFLICT');
      await add('cheap', canary);
    });

    test('of another tenant answers like one that does not exist', async () => {
      const node = await openOn(storage, [theirs]);
      const id = await add('dear', canary);
      for (const asked of [id, derivedId('providerKey', 'nobody')]) {
        expect(await refusalOf(node.keys.remove(someone, asked))).toBe('NOT_FOUND');
        expect(await refusalOf(node.keys.update(someone, { id: asked, name: 'x' }))).toBe(
          'NOT_FOUND',
        );
      }
      expect(await refusalOf(node.keys.add(someone, inputOf({ organizationId: ours })))).toBe(
        'NOT_FOUND',
      );
      await node.keys.close();
    });

    test('is added, changed and removed by nobody who has left a moment before', async () => {
      const id = await add('dear', canary);
      const late = await openOn(storage, [ours], () => false);
      const acts = [
        late.keys.add(someone, inputOf({ organizationId: ours, secret: 'a-second-credential' })),
        late.keys.update(someone, { id, enabled: false }),
        late.keys.remove(someone, id),
      ];
      const codes = await Promise.all(acts.map(refusalOf));
      expect(codes).toEqual(['NOT_FOUND', 'NOT_FOUND', 'NOT_FOUND']);
      const rows = await storage.prisma.providerKey.findMany({ where: { organizationId: ours } });
      expect(rows).toMatchObject([{ id, enabled: true }]);
      await late.keys.close();
    });

    test('is told all that is wrong at once, without its secret', async () => {
      const wrong = inputOf({ organizationId: 'x', name: '', secret: 'two\nlines of canary' });
      const fault = await keys.add(someone, wrong).catch((thrown: unknown) => thrown);
      expect(fault).toBeInstanceOf(InvalidInput);
      const { issues } = fault as InvalidInput;
      const paths = ['input.organizationId', 'input.name', 'input.secret'];
      expect(issues.map(({ path }) => path)).toEqual(paths);
      expect(JSON.stringify(issues)).not.toContain('canary');
      expect(await refusalOf(add('nobody', canary))).toBe('NOT_FOUND');
    });

    test('says when it was used and refused, which is written behind', async () => {
      const id = await add('dear', canary);
      const row = () => storage.prisma.providerKey.findUniqueOrThrow({ where: { id } });
      keys.used(id, 'It was refused.');
      expect(keys.condition(id)).toEqual({ at: new Date(clock.now()), error: 'It was refused.' });
      expect(await row()).toMatchObject({ lastUsedAt: null, lastError: null });
      await keys.close();
      expect(await row()).toMatchObject({ lastError: 'It was refused.' });
      await keys.update(someone, { id, secret: 'another-credential' });
      expect(keys.condition(id)).toBeUndefined();
      expect(await row()).toMatchObject({ lastError: null });
    });
  });

  describe('a rotation of the master key', () => {
    test('seals every key anew and deletes the former; keys work on everywhere', async () => {
      const other = elsewhere(storage);
      const node = await openOn(other.storage);
      const id = await add('dear', canary);
      const before = await storage.prisma.providerKey.findUniqueOrThrow({ where: { id } });
      const [former] = await storage.prisma.masterKey.findMany();
      const { number, resealed } = await vault.rotate([resealProviderKeys]);
      expect({ number, resealed }).toEqual({ number: (former?.number ?? 0) + 1, resealed: 1 });
      const left = await storage.prisma.masterKey.findMany();
      expect(left.map((key) => key.number)).toEqual([number]);
      const after = await storage.prisma.providerKey.findUniqueOrThrow({ where: { id } });
      expect(Buffer.from(after.sealed)).not.toEqual(Buffer.from(before.sealed));
      await other.hear();
      expect(secretsAt(keys, 'dear')).toEqual([canary]);
      expect(secretsAt(node.keys, 'dear')).toEqual([canary]);
      await add('cheap', 'sealed-after-the-rotation');
      const fresh = await openOn(storage);
      expect(secretsAt(fresh.keys, 'dear')).toEqual([canary]);
      expect(secretsAt(fresh.keys, 'cheap')).toEqual(['sealed-after-the-rotation']);
      for await (const { violation } of verifyChains(storage)) expect(violation).toBeNull();
      await Promise.all([node.keys.close(), fresh.keys.close()]);
    });

    test('that meets a key that does not open changes nothing', async () => {
      const id = await add('dear', canary);
      const data = { organizationId: theirs };
      await storage.prisma.providerKey.update({ where: { id }, data });
      const before = await storage.prisma.masterKey.findMany();
      expect(await refusalOf(vault.rotate([resealProviderKeys]))).toBe('INTERNAL');
      expect(await storage.prisma.masterKey.findMany()).toEqual(before);
    });

    test('and whoever seals meanwhile lose nothing under a former key', async () => {
      const added = Array.from({ length: 5 }, (_, at) => add('dear', `credential-number-${at}`));
      const rotated = vault.rotate([resealProviderKeys]);
      const more = Array.from({ length: 5 }, (_, at) => add('cheap', `credential-number-${at}`));
      await Promise.all([...added, ...more]);
      await rotated;
      const fresh = await openOn(storage);
      expect(secretsAt(fresh.keys, 'dear')).toHaveLength(5);
      expect(secretsAt(fresh.keys, 'cheap')).toHaveLength(5);
      await fresh.keys.close();
    });

    test('with another encryption key nothing opens, and nothing is changed', async () => {
      const opened = openVault({ storage, clock, wrappingKey: randomBytes(32) });
      expect(await refusalOf(opened)).toBe('INTERNAL');
    });
  });

  const inputOf = (given: { organizationId: string; name?: string; secret?: string }) => ({
    provider: 'dear',
    name: 'k',
    secret: canary,
    fallbackToPlatform: true,
    ...given,
  });
}
