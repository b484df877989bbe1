import { describe, expect, test } from 'vitest';
import { verifyChains } from '#audit';
import type { EndedCredential, Principal } from '#identity';
import type { DatabaseKind } from '../harness/databases.ts';
import { elsewhere, openNode } from './node.ts';
import { codeOf, populated } from './populated.ts';

/** The same promises about keys that are changed, on every database. */
export function keysSuite(kind: DatabaseKind): void {
  const town = populated(kind);

  async function keyed(name: string) {
    const { principal, organizationId } = await town.owner(name);
    const { apiKey, secret } = await town.identity.createApiKey(principal, {
      organizationId,
      name: 'k',
      creditLimit: '5',
      allowedModels: ['a/*'],
    });
    return { principal, organizationId, id: apiKey.id, secret: secret.reveal() };
  }

  const opens = (secret: string) => {
    try {
      return town.identity.authenticate(secret).kind === 'apiKey';
    } catch {
      return false;
    }
  };

  describe('a change of a key', () => {
    test('sets what is given, clears with null, and leaves the rest alone', async () => {
      const { principal, id } = await keyed('Changing');
      const { identity } = town;
      const first = await identity.updateApiKey(principal, { id, name: 'renamed' });
      expect(first).toMatchObject({
        name: 'renamed',
        creditLimit: 5_000_000_000_000n,
        allowedModels: ['a/*'],
      });
      const expiresAt = new Date(town.clock.now() + 60_000);
      const second = await identity.updateApiKey(principal, {
        id,
        creditLimit: null,
        limitPeriod: 'DAILY',
        requestsPerMinute: 3,
        allowedModels: null,
        expiresAt,
      });
      expect(second).toMatchObject({
        name: 'renamed',
        creditLimit: null,
        limitPeriod: 'DAILY',
        requestsPerMinute: 3,
        allowedModels: null,
        expiresAt,
      });
      const third = await identity.updateApiKey(principal, { id, allowedModels: [] });
      expect(third.allowedModels).toEqual([]);
    });

    test('is told all that is wrong at once, and then changes nothing', async () => {
      const { principal, id } = await keyed('Wrong');
      const attempt = town.identity.updateApiKey(principal, {
        id: 'usr_1',
        name: '',
        creditLimit: '0',
        limitPeriod: null,
        requestsPerMinute: 0,
        allowedModels: ['a b'],
        expiresAt: new Date(0),
        disabled: null,
      });
      const paths = await attempt.catch(({ issues }) => issues.map((each: Issue) => each.path));
      expect(paths).toEqual([
        'input.id',
        'input.name',
        'input.creditLimit',
        'input.limitPeriod',
        'input.requestsPerMinute',
        'input.allowedModels.0',
        'input.expiresAt',
        'input.disabled',
      ]);
      const row = await town.storage.prisma.apiKey.findUnique({ where: { id } });
      expect(row?.name).toBe('k');
    });

    test('pauses it, and ends what runs on it; another opens it again', async () => {
      const { principal, id, secret } = await keyed('Pausing');
      const ended: EndedCredential[] = [];
      const forget = town.identity.onRevoked((credential) => ended.push(credential));
      await town.identity.updateApiKey(principal, { id, disabled: true });
      expect([opens(secret), ended]).toEqual([false, [{ apiKeyId: id, secretHash: null }]]);
      await town.identity.updateApiKey(principal, { id, disabled: false });
      expect(opens(secret)).toBe(true);
      forget();
    });

    test('that is revoked is a conflict', async () => {
      const { principal, id } = await keyed('Over');
      await town.identity.revokeApiKey(principal, id);
      const { identity } = town;
      expect(await codeOf(identity.updateApiKey(principal, { id, name: 'x' }))).toBe('CONFLICT');
      const rotation = identity.rotateApiKey(principal, { id, graceSeconds: 0 });
      expect(await codeOf(rotation)).toBe('CONFLICT');
    });

    test('follows the roles: nobody gets a management key by a new secret of it', async () => {
      const { principal: owner, organizationId } = await town.owner('Ranked keys');
      const developer = await town.member(organizationId, 'DEVELOPER');
      const viewer = await town.member(organizationId, 'VIEWER');
      const stranger = await town.owner('Elsewhere');
      const make = (who: Principal, more: object) =>
        town.identity.createApiKey(who, { organizationId, name: 'k', ...more });
      const own = await make(developer.principal, {});
      const theirs = await make(owner, {});
      const granted = await make(owner, { kind: 'MANAGEMENT', membershipId: developer.id });
      const update = (who: Principal, { apiKey }: typeof own) =>
        codeOf(town.identity.updateApiKey(who, { id: apiKey.id, name: 'x' }));
      const rotate = (who: Principal, { apiKey }: typeof own) =>
        codeOf(town.identity.rotateApiKey(who, { id: apiKey.id, graceSeconds: 0 }));
      for (const act of [update, rotate]) {
        expect(await act(developer.principal, own)).toBe('ok');
        expect(await act(developer.principal, theirs)).toBe('NOT_FOUND');
        expect(await act(developer.principal, granted)).toBe('FORBIDDEN');
        expect(await act(viewer.principal, own)).toBe('NOT_FOUND');
        expect(await act(stranger.principal, own)).toBe('NOT_FOUND');
        expect(await act(owner, granted)).toBe('ok');
        expect(await act(town.identity.authenticate(theirs.secret.reveal()), own)).not.toBe('ok');
      }
    });
  });

  describe('a rotated key', () => {
    test('without grace has one secret, the new one, here and where it is heard of', async () => {
      const { principal, id, secret } = await keyed('Rotating');
      const other = elsewhere(town.storage);
      const node = await openNode(other.storage, town.clock);
      const kept = node.authenticate(secret);
      const ended: EndedCredential[] = [];
      node.onRevoked((credential) => ended.push(credential));
      const rotated = await town.identity.rotateApiKey(principal, { id, graceSeconds: 0 });
      expect([opens(secret), opens(rotated.secret.reveal())]).toEqual([false, true]);
      expect(rotated.apiKey.id).toBe(id);
      await other.hear();
      expect(() => node.current(kept)).toThrow(/not valid/);
      expect(ended).toMatchObject([{ apiKeyId: id, secretHash: expect.any(String) }]);
      expect(node.authenticate(rotated.secret.reveal()).kind).toBe('apiKey');
      await node.close();
    });

    test('with grace has two until it is over', async () => {
      const { principal, id, secret } = await keyed('Graceful');
      const rotated = await town.identity.rotateApiKey(principal, { id, graceSeconds: 60 });
      const row = await town.storage.prisma.apiKey.findUniqueOrThrow({ where: { id } });
      expect(row.previousSecretExpiresAt).toEqual(new Date(town.clock.now() + 60_000));
      const fresh = rotated.secret.reveal();
      expect(row.hint).toBe(`${fresh.slice(0, 14)}…${fresh.slice(-4)}`);
      expect([opens(secret), opens(rotated.secret.reveal())]).toEqual([true, true]);
      await town.clock.advance(60_000);
      expect([opens(secret), opens(rotated.secret.reveal())]).toEqual([false, true]);
    });

    test.each([-1, 30 * 86_400 + 1])('with a grace of %d s is refused', async (graceSeconds) => {
      const { principal, id } = await keyed(`Grace ${graceSeconds}`);
      const attempt = town.identity.rotateApiKey(principal, { id, graceSeconds });
      await expect(attempt).rejects.toMatchObject({ issues: [{ path: 'graceSeconds' }] });
    });
  });

  test('every change is in the audit without a secret, and every chain holds', async () => {
    const events = await town.storage.prisma.auditEvent.findMany({
      where: { action: { in: ['apiKey.updated', 'apiKey.rotated'] } },
      select: { details: true },
    });
    expect(events.length).toBeGreaterThan(5);
    expect(JSON.stringify(events)).not.toMatch(/sk-bourse-[0-9A-Za-z]{40}/);
    for await (const { violation } of verifyChains(town.storage)) expect(violation).toBeNull();
  });
}

interface Issue {
  readonly path: string;
}
