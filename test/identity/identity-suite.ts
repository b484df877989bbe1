import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { verifyChains } from '#audit';
import { administratorId, demoOrganizationId, type Identity, type Principal } from '#identity';
import { derivedId, Fault, newId, type Secret } from '#kernel';
import type { Storage } from '#storage';
import { looksLikeOurs } from '../../src/identity/keys/api-key-form.ts';
import { freshDatabase } from '../harness/databases.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { adminKey, begin, elsewhere, openNode } from './node.ts';

/** The same promises on every database. */
export function identitySuite(kind: Parameters<typeof freshDatabase>[0]): void {
  const clock = virtualClock(Date.parse('2026-11-23T10:00:00Z'));
  const announced: string[] = [];
  const secrets: Secret[] = [];
  let storage: Storage;
  let identity: Identity;
  let administrator: Principal;
  let demoKey: Secret;

  beforeAll(async () => {
    storage = await freshDatabase(kind);
    demoKey = (await begin(storage, clock)) as Secret;
    identity = await openNode(storage, clock, (id) => announced.push(id));
    administrator = identity.authenticate(adminKey.reveal());
    secrets.push(demoKey, adminKey);
  });
  afterAll(async () => {
    await identity.close();
    await storage.close();
  });

  /** A person with an organization of their own. */
  async function owner(name: string) {
    const userId = newId('user', clock);
    await storage.prisma.user.create({ data: { id: userId, name } });
    const principal: Principal = { kind: 'user', userId, platformAdmin: false };
    const organization = await identity.createOrganization(principal, { name });
    return { principal, organization };
  }

  async function member(organizationId: string, role: 'DEVELOPER' | 'VIEWER') {
    const [userId, id] = [newId('user', clock), newId('membership', clock)];
    await storage.prisma.user.create({ data: { id: userId, name: role } });
    await storage.write(async (tx) => {
      await tx.membership.create({ data: { id, organizationId, userId, role } });
      tx.change('identity', `membership:${id}`);
    });
    return { id, principal: { kind: 'user', userId, platformAdmin: false } as Principal };
  }

  async function key(
    principal: Principal,
    input: Parameters<Identity['createApiKey']>[1],
  ): ReturnType<Identity['createApiKey']> {
    const made = await identity.createApiKey(principal, input);
    secrets.push(made.secret);
    return made;
  }

  const codeOf = (attempt: Promise<unknown>) =>
    attempt.then(
      () => 'ok',
      (error) => (error instanceof Fault ? error.code : error),
    );

  describe('creating an organization', () => {
    test('makes its creator the owner, opens its account, and is seen at once', async () => {
      const { principal, organization } = await owner('Müller & Söhne GmbH');
      expect(organization).toMatchObject({
        name: 'Müller & Söhne GmbH',
        slug: 'muller-sohne-gmbh',
      });
      expect(identity.permissions(principal, organization.id)?.has('ORGANIZATION_WRITE')).toBe(
        true,
      );
      expect(identity.visibleOrganization(principal, organization.slug)).toEqual(organization);
      const account = { where: { organizationId: organization.id } };
      expect(await storage.prisma.creditAccount.count(account)).toBe(1);
    });

    test('with a slug that is taken is a conflict and makes nothing', async () => {
      await owner('Twice');
      const before = await storage.prisma.organization.count();
      const attempt = identity.createOrganization(administrator, { name: 'x', slug: 'twice' });
      expect(await codeOf(attempt)).toBe('CONFLICT');
      expect(await storage.prisma.organization.count()).toBe(before);
    });

    test('with one slug at the same moment succeeds once', async () => {
      const attempts = Array.from({ length: 5 }, () =>
        codeOf(identity.createOrganization(administrator, { name: 'x', slug: 'race' })),
      );
      expect((await Promise.all(attempts)).sort()).toEqual([...Array(4).fill('CONFLICT'), 'ok']);
    });

    test('of a name that others have gets a slug of its own', async () => {
      const name = 'An organization with quite a long name';
      const attempts = Array.from({ length: 3 }, () =>
        identity.createOrganization(administrator, { name }),
      );
      const slugs = new Set((await Promise.all(attempts)).map(({ slug }) => slug));
      expect(slugs.delete('an-organization-with-quite-a-long-name')).toBe(true);
      expect([...slugs]).toEqual([
        expect.stringMatching(/^an-organization-with-quite-a-lo-[0-9a-z]{8}$/),
        expect.stringMatching(/^an-organization-with-quite-a-lo-[0-9a-z]{8}$/),
      ]);
    });

    test.each([
      [{ name: '' }, 'input.name'],
      [{ name: 'ok', slug: 'Not A Slug' }, 'input.slug'],
      [{ name: 'ok', slug: '-a' }, 'input.slug'],
      [{ name: 'ok', slug: 'a'.repeat(41) }, 'input.slug'],
      [{ name: 'ok', slug: '' }, 'input.slug'],
    ])('with %o is refused at %s %s', async (input, path) => {
      const attempt = identity.createOrganization(administrator, input);
      await expect(attempt).rejects.toMatchObject({ issues: [{ path }] });
    });

    test('by the administrator makes the administrator its owner', async () => {
      const { id } = await identity.createOrganization(administrator, { name: 'Mine' });
      const where = { organizationId: id, userId: administratorId, role: 'OWNER' as const };
      expect(await storage.prisma.membership.count({ where })).toBe(1);
    });

    test('is not for keys, nor for nobody', async () => {
      const input = { name: 'x' };
      const demo = identity.authenticate(demoKey.reveal());
      expect(await codeOf(identity.createOrganization(demo, input))).toBe('FORBIDDEN');
      const anonymous = identity.authenticate(undefined);
      expect(await codeOf(identity.createOrganization(anonymous, input))).toBe('UNAUTHENTICATED');
    });
  });

  describe('creating a key', () => {
    test('gives a secret that works at once and is stored nowhere', async () => {
      const { principal, organization } = await owner('Secretive');
      const { apiKey, secret } = await key(principal, {
        organizationId: organization.id,
        name: 'ci',
        creditLimit: '5',
        limitPeriod: 'MONTHLY',
        requestsPerMinute: 60,
        allowedModels: ['anthropic/*'],
        expiresAt: new Date(clock.now() + 60_000),
      });
      expect(looksLikeOurs(secret.reveal())).toBe(true);
      expect(apiKey.hint).toBe(`${secret.reveal().slice(0, 14)}…${secret.reveal().slice(-4)}`);
      const admitted = identity.authenticate(secret.reveal());
      expect(admitted).toMatchObject({ kind: 'apiKey', apiKey, organization });
      expect(apiKey).toMatchObject({ creditLimit: 5_000_000_000_000n, limitPeriod: 'MONTHLY' });
    });

    test('for a person is theirs: it spends their budget', async () => {
      const { principal, organization } = await owner('Ours');
      const { apiKey } = await key(principal, { organizationId: organization.id, name: 'k' });
      const { userId } = principal as { userId: string };
      const row = await storage.prisma.membership.findFirst({ where: { userId } });
      expect(apiKey.membershipId).toBe(row?.id);
    });

    test('without allowed models allows all, with an empty list none', async () => {
      const { principal, organization } = await owner('Lists');
      const base = { organizationId: organization.id, name: 'k' };
      const all = await key(principal, { ...base, allowedModels: null });
      const none = await key(principal, { ...base, allowedModels: [] });
      expect([all.apiKey.allowedModels, none.apiKey.allowedModels]).toEqual([null, []]);
    });

    test('follows the roles', async () => {
      const { principal, organization } = await owner('Roles');
      const { id: organizationId } = organization;
      const [developer, viewer] = [
        await member(organizationId, 'DEVELOPER'),
        await member(organizationId, 'VIEWER'),
      ];
      const stranger = await owner('Stranger');
      const input = { organizationId, name: 'k' };
      const elsewhere = await member(stranger.organization.id, 'VIEWER');
      const manager = await key(principal, { ...input, kind: 'MANAGEMENT' });
      const management = identity.authenticate(manager.secret.reveal());
      const inference = identity.authenticate((await key(principal, input)).secret.reveal());
      const attempts: [Principal, object, string][] = [
        [developer.principal, {}, 'ok'],
        [developer.principal, { membershipId: developer.id }, 'ok'],
        [developer.principal, { membershipId: viewer.id }, 'FORBIDDEN'],
        [developer.principal, { kind: 'MANAGEMENT' }, 'FORBIDDEN'],
        [viewer.principal, {}, 'FORBIDDEN'],
        [stranger.principal, {}, 'NOT_FOUND'],
        [principal, { membershipId: developer.id }, 'ok'],
        [principal, { membershipId: newId('membership', clock) }, 'NOT_FOUND'],
        [principal, { membershipId: elsewhere.id }, 'NOT_FOUND'],
        [principal, { membershipId: 'mem_1' }, 'NOT_FOUND'],
        [principal, { organizationId: derivedId('organization', 'nowhere') }, 'NOT_FOUND'],
        [principal, { organizationId: 'org_1' }, 'NOT_FOUND'],
        [principal, { organizationId: 'mem_1' }, 'INVALID_INPUT'],
        [management, { kind: 'MANAGEMENT' }, 'ok'],
        [management, { membershipId: developer.id }, 'ok'],
        [inference, {}, 'FORBIDDEN'],
        [identity.authenticate(demoKey.reveal()), {}, 'NOT_FOUND'],
        [administrator, {}, 'ok'],
        [identity.authenticate(undefined), {}, 'UNAUTHENTICATED'],
      ];
      for (const [who, changed, expected] of attempts) {
        const outcome = await codeOf(identity.createApiKey(who, { ...input, ...changed }));
        expect(outcome, `${JSON.stringify(changed)} ${who.kind}`).toBe(expected);
      }
    });
  });

  describe('revoking a key', () => {
    test('refuses it at once, announces it, ends what runs on it; can be repeated', async () => {
      const { principal, organization } = await owner('Leaky');
      const made = await key(principal, { organizationId: organization.id, name: 'leaked' });
      const kept = identity.authenticate(made.secret.reveal());
      const ended: string[] = [];
      const forget = identity.onRevoked(({ apiKeyId }) => ended.push(apiKeyId));
      const revoked = await identity.revokeApiKey(principal, made.apiKey.id);
      expect(revoked.revokedAt).toEqual(new Date(clock.now()));
      expect(() => identity.authenticate(made.secret.reveal())).toThrow(/not valid/);
      expect(() => identity.payer(kept)).toThrow(/not valid/);
      await clock.advance(1_000);
      expect(await identity.revokeApiKey(principal, made.apiKey.id)).toEqual(revoked);
      expect(ended).toEqual([made.apiKey.id]);
      expect(announced.filter((id) => id === made.apiKey.id)).toHaveLength(1);
      const where = { action: 'apiKey.revoked', subject: made.apiKey.id };
      expect(await storage.prisma.auditEvent.count({ where })).toBe(1);
      forget();
    });

    test('follows the roles, and another tenant’s key is as one that does not exist', async () => {
      const { principal, organization } = await owner('Several');
      const developer = await member(organization.id, 'DEVELOPER');
      const input = { organizationId: organization.id, name: 'k' };
      const theirs = await key(principal, input);
      const own = await key(developer.principal, input);
      const stranger = await owner('Nosy');
      const itself = identity.authenticate(theirs.secret.reveal());
      const attempts: [Principal, string, string][] = [
        [stranger.principal, theirs.apiKey.id, 'NOT_FOUND'],
        [principal, newId('apiKey', clock), 'NOT_FOUND'],
        [principal, 'sk-not-an-id', 'INVALID_INPUT'],
        [developer.principal, theirs.apiKey.id, 'NOT_FOUND'],
        [itself, own.apiKey.id, 'NOT_FOUND'],
        [itself, theirs.apiKey.id, 'FORBIDDEN'],
        [identity.authenticate(undefined), theirs.apiKey.id, 'UNAUTHENTICATED'],
        [developer.principal, own.apiKey.id, 'ok'],
        [administrator, theirs.apiKey.id, 'ok'],
      ];
      for (const [who, id, expected] of attempts) {
        expect(await codeOf(identity.revokeApiKey(who, id))).toBe(expected);
      }
    });
  });

  describe('another node', () => {
    test('refuses a revoked key and ends what runs on it once it hears of it', async () => {
      const { principal, organization } = await owner('Spread');
      const other = elsewhere(storage);
      const node = await openNode(other.storage, clock);
      const ended: string[] = [];
      node.onRevoked(({ apiKeyId }) => ended.push(apiKeyId));
      const { apiKey, secret } = await key(principal, {
        organizationId: organization.id,
        name: 'k',
      });
      expect(() => node.authenticate(secret.reveal())).toThrow(/not valid/);
      await other.hear();
      expect(node.authenticate(secret.reveal())).toMatchObject({ apiKey, organization });

      await identity.revokeApiKey(principal, apiKey.id);
      expect(node.authenticate(secret.reveal())).toMatchObject({ apiKey });
      await other.hear();
      expect(() => node.authenticate(secret.reveal())).toThrow(/not valid/);
      expect(ended).toEqual([apiKey.id]);
      await node.close();
    });

    test('refuses it at once when the revocation was announced to it', async () => {
      const { principal, organization } = await owner('Announced');
      const { apiKey, secret } = await key(principal, {
        organizationId: organization.id,
        name: 'k',
      });
      const node = await openNode(elsewhere(storage).storage, clock);
      node.authenticate(secret.reveal());
      node.deny(apiKey.id);
      expect(() => node.authenticate(secret.reveal())).toThrow(/not valid/);
      await node.close();
    });

    test('sees a member’s new role and an organization’s new policy', async () => {
      const { principal, organization } = await owner('Moving');
      const other = elsewhere(storage);
      const node = await openNode(other.storage, clock);
      const { userId } = principal as { userId: string };
      await storage.write(async (tx) => {
        const { id } = await tx.membership.findFirstOrThrow({ where: { userId } });
        await tx.membership.update({ where: { id }, data: { role: 'VIEWER' } });
        await tx.routingPolicy.create({
          data: {
            organizationId: organization.id,
            allowedModels: [],
            maxPromptPricePerMillion: 3_000_000_000_000n,
          },
        });
        tx.change('identity', `membership:${id}`);
        tx.change('identity', `organization:${organization.id}`);
      });
      await other.hear();
      expect([...(node.permissions(principal, organization.id) ?? [])]).toEqual([
        'COMPLETIONS_READ',
      ]);
      expect(node.visibleOrganization(principal, organization.id)?.policy).toMatchObject({
        allowedModels: [],
        allowedProviders: null,
        allowTraining: true,
        maxPromptPrice: 3_000_000_000_000n,
      });
      await node.close();
    });
  });

  test('the last use of a key is written, and no request waits for it', async () => {
    const { principal, organization } = await owner('Busy');
    const { apiKey, secret } = await key(principal, { organizationId: organization.id, name: 'k' });
    const usedAt = clock.now();
    identity.authenticate(secret.reveal());
    const second = await openNode(storage, clock);
    second.authenticate(secret.reveal());
    await second.close();
    const row = await storage.prisma.apiKey.findUnique({ where: { id: apiKey.id } });
    expect(row?.lastUsedAt).toEqual(new Date(usedAt));
  });

  test('no secret stands anywhere in the database, and every audit chain holds', async () => {
    expect(secrets.length).toBeGreaterThan(5);
    const tables = await storage.query<{ name: string }>(
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = 'public' AND table_type = 'BASE TABLE'`,
      [],
    );
    for (const { name } of tables) {
      const rows = await storage.query<{ text: string }>(
        `SELECT row_to_json(t)::text AS text FROM "${name}" t`,
        [],
      );
      for (const { text } of rows) {
        for (const secret of secrets) expect(text).not.toContain(secret.reveal().slice(14));
      }
    }
    for await (const { violation } of verifyChains(storage)) expect(violation).toBeNull();
  });

  test('the demo organization is the only one that its key sees', () => {
    const demo = identity.authenticate(demoKey.reveal());
    expect(identity.visibleOrganization(demo, 'demo')?.id).toBe(demoOrganizationId);
    expect(identity.visibleOrganization(demo, 'twice')).toBeNull();
  });
}
