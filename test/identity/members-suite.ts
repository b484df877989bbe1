import { describe, expect, test } from 'vitest';
import { verifyChains } from '#audit';
import { InvalidInput, newId, parseMoney } from '#kernel';
import type { DatabaseKind } from '../harness/databases.ts';
import { elsewhere, openNode } from './node.ts';
import { codeOf, populated } from './populated.ts';

/** The same promises about members and invitations on every database. */
export function membersSuite(kind: DatabaseKind): void {
  const town = populated(kind);
  const issuesOf = (attempt: Promise<unknown>) =>
    attempt.then(
      () => [],
      (error) => (error instanceof InvalidInput ? error.issues.map(({ path }) => path) : error),
    );

  describe('an invitation', () => {
    test('is accepted by the address that it was sent to, once, and by no other', async () => {
      const { principal, organizationId } = await town.owner('Inviting');
      const invited = await town.person('ada@example.com');
      const other = await town.person('eve@example.com');
      const { token } = await town.identity.inviteMember(principal, {
        organizationId,
        email: ' Ada@Example.com ',
        role: 'DEVELOPER',
      });
      const accept = (who: typeof invited) =>
        codeOf(town.identity.acceptInvitation(who, token.reveal()));
      expect(await accept(other)).toBe('NOT_FOUND');
      expect(town.identity.permissions(other, organizationId)).toBeNull();
      expect(await accept(invited)).toBe('ok');
      expect(town.identity.role(invited, organizationId)).toBe('DEVELOPER');
      expect(await accept(invited)).toBe('NOT_FOUND');
    });

    test('revoked, replaced or seven days old answers like one that never was', async () => {
      const { principal, organizationId } = await town.owner('Ending');
      const invited = await town.person('bob@example.com');
      const invite = () =>
        town.identity.inviteMember(principal, {
          organizationId,
          email: 'bob@example.com',
          role: 'VIEWER',
        });
      const refusal = async (token: string) =>
        town.identity.acceptInvitation(invited, token).catch((error) => error.public);
      const replaced = await invite();
      const revoked = await invite();
      await town.identity.revokeInvitation(principal, revoked.invitationId);
      expect(await codeOf(town.identity.revokeInvitation(principal, revoked.invitationId))).toBe(
        'ok',
      );
      const expired = await invite();
      const [where, now] = [{ id: expired.invitationId }, new Date(town.clock.now())];
      const row = await town.storage.prisma.invitation.findUnique({ where });
      expect(row?.expiresAt).toEqual(new Date(town.clock.now() + 7 * 86_400_000));
      await town.storage.prisma.invitation.update({ where, data: { expiresAt: now } });
      const refusals = await Promise.all(
        [replaced, revoked, expired].map(({ token }) => refusal(token.reveal())),
      );
      expect(
        new Set([...refusals, await refusal('never made'), await refusal('x'.repeat(999))]),
      ).toHaveProperty('size', 1);
    });

    test('keeps its token nowhere but in the answer', async () => {
      const { principal, organizationId } = await town.owner('Discreet');
      const asked = { organizationId, email: 'carl@example.com', role: 'VIEWER' as const };
      const { token, invitationId } = await town.identity.inviteMember(principal, asked);
      const row = await town.storage.prisma.invitation.findUnique({ where: { id: invitationId } });
      const events = await town.storage.prisma.auditEvent.findMany({
        where: { subject: invitationId },
        select: { details: true },
      });
      expect(events).toHaveLength(1);
      expect(JSON.stringify([row, events])).not.toContain(token.reveal().slice(-20));
    });

    test('says nothing of whether the address has an account', async () => {
      const { principal, organizationId } = await town.owner('Curious');
      await town.person('known@example.com');
      const seen = async (email: string) => {
        const asked = { organizationId, email, role: 'VIEWER' as const };
        const {
          token,
          invitationId: id,
          ...rest
        } = await town.identity.inviteMember(principal, asked);
        const row = await town.storage.prisma.invitation.findUnique({ where: { id } });
        return { ...rest, length: token.reveal().length, row: { ...row, id, email, hash: '' } };
      };
      const alike = ({ row, ...rest }: Awaited<ReturnType<typeof seen>>) => ({
        ...rest,
        row: { ...row, id: '', email: '' },
      });
      expect(alike(await seen('known@example.com'))).toEqual(
        alike(await seen('stranger@example.com')),
      );
    });

    test('of a member is a conflict, and of two acceptances at once one counts', async () => {
      const { principal, organizationId } = await town.owner('Twice over');
      const { email } = await town.member(organizationId, 'VIEWER');
      const again = { organizationId, email, role: 'ADMIN' as const };
      expect(await codeOf(town.identity.inviteMember(principal, again))).toBe('CONFLICT');
      const guest = await town.person('dora@example.com');
      const asked = { organizationId, email: 'dora@example.com', role: 'VIEWER' as const };
      const { token } = await town.identity.inviteMember(principal, asked);
      const attempts = [1, 2, 3].map(() =>
        codeOf(town.identity.acceptInvitation(guest, token.reveal())),
      );
      expect((await Promise.all(attempts)).sort()).toEqual(['NOT_FOUND', 'NOT_FOUND', 'ok']);
    });

    test('is told all that is wrong with it at once', async () => {
      const { principal } = await town.owner('Careless');
      for (const email of ['nobody', 'nul\0@example.com', 'half\ud83d@example.com']) {
        const asked = { organizationId: 'acme', email, role: 'VIEWER' as const };
        expect(await issuesOf(town.identity.inviteMember(principal, asked))).toEqual([
          'input.organizationId',
          'input.email',
        ]);
      }
    });
  });

  test('members are written by owners and admins, owners by owners alone', async () => {
    const { principal: owner, organizationId, id: ownerId } = await town.owner('Ranks');
    const [admin, developer, viewer, billing] = [
      await town.member(organizationId, 'ADMIN'),
      await town.member(organizationId, 'DEVELOPER'),
      await town.member(organizationId, 'VIEWER'),
      await town.member(organizationId, 'BILLING'),
    ];
    const stranger = await town.owner('Strange');
    const made = await town.identity.createApiKey(owner, {
      organizationId,
      name: 'ops',
      kind: 'MANAGEMENT',
    });
    const management = town.identity.authenticate(made.secret.reveal());
    const update = (who: typeof owner, membershipId: string, role: 'OWNER' | 'VIEWER') =>
      codeOf(town.identity.updateMember(who, { membershipId, role }));
    const outcomes: [string, string][] = [
      [await update(admin.principal, viewer.id, 'VIEWER'), 'ok'],
      [await update(management, viewer.id, 'VIEWER'), 'ok'],
      [await update(admin.principal, viewer.id, 'OWNER'), 'FORBIDDEN'],
      [await update(management, viewer.id, 'OWNER'), 'FORBIDDEN'],
      [await update(admin.principal, ownerId, 'VIEWER'), 'FORBIDDEN'],
      [await update(developer.principal, viewer.id, 'VIEWER'), 'FORBIDDEN'],
      [await update(viewer.principal, viewer.id, 'VIEWER'), 'FORBIDDEN'],
      [await update(viewer.principal, admin.id, 'VIEWER'), 'NOT_FOUND'],
      [await update(billing.principal, admin.id, 'VIEWER'), 'NOT_FOUND'],
      [await update(stranger.principal, viewer.id, 'VIEWER'), 'NOT_FOUND'],
      [await update(owner, newId('membership', town.clock), 'VIEWER'), 'NOT_FOUND'],
      [await codeOf(town.identity.removeMember(admin.principal, ownerId)), 'FORBIDDEN'],
      [await codeOf(town.identity.removeMember(stranger.principal, ownerId)), 'NOT_FOUND'],
      [await update(owner, viewer.id, 'OWNER'), 'ok'],
      [await update(town.administrator, viewer.id, 'VIEWER'), 'ok'],
    ];
    expect(outcomes.map(([outcome]) => outcome)).toEqual(outcomes.map(([, expected]) => expected));
  });

  describe('the last owner', () => {
    test('is neither demoted, nor removed, nor lets go', async () => {
      const { principal, organizationId, id } = await town.owner('Lonely');
      await town.member(organizationId, 'ADMIN');
      const demote = { membershipId: id, role: 'ADMIN' as const };
      const { identity } = town;
      expect(await codeOf(identity.updateMember(principal, demote))).toBe('CONFLICT');
      expect(await codeOf(identity.removeMember(town.administrator, id))).toBe('CONFLICT');
      expect(await codeOf(identity.leaveOrganization(principal, organizationId))).toBe('CONFLICT');
      expect(identity.role(principal, organizationId)).toBe('OWNER');
    });

    test('stays when two leave at the same moment', async () => {
      const { principal, organizationId } = await town.owner('Both');
      const second = await town.member(organizationId, 'OWNER');
      const leave = (who: typeof principal) =>
        codeOf(town.identity.leaveOrganization(who, organizationId));
      const outcomes = await Promise.all([leave(principal), leave(second.principal)]);
      expect(outcomes.sort()).toEqual(['CONFLICT', 'ok']);
    });
  });

  test('who leaves or is removed may nothing, and their keys are refused', async () => {
    const { principal: owner, organizationId } = await town.owner('Parting');
    for (const way of ['leave', 'remove'] as const) {
      const { id, principal, email } = await town.member(organizationId, 'DEVELOPER');
      const made = await town.identity.createApiKey(principal, { organizationId, name: 'mine' });
      const [ended, left]: [string[], string[]] = [[], []];
      const forget = town.identity.onRevoked(({ apiKeyId }) => ended.push(apiKeyId));
      const forgetLeft = town.identity.onLeft((membershipId) => left.push(membershipId));
      if (way === 'leave') await town.identity.leaveOrganization(principal, organizationId);
      else await town.identity.removeMember(owner, id);
      forget();
      forgetLeft();
      expect(left).toEqual([id]);
      expect(town.identity.permissions(principal, organizationId)).toBeNull();
      expect(() => town.identity.authenticate(made.secret.reveal())).toThrow(/not valid/);
      expect(ended).toEqual([made.apiKey.id]);
      expect(await codeOf(town.identity.removeMember(owner, id))).toBe('NOT_FOUND');

      const asked = { organizationId, email, role: 'VIEWER' as const };
      const { token } = await town.identity.inviteMember(owner, asked);
      const again = await town.identity.acceptInvitation(principal, token.reveal());
      expect(again).toMatchObject({ id, role: 'VIEWER', monthlyBudget: null });
    }
  });

  describe('a node that has not heard of it yet', () => {
    async function late() {
      const { principal: owner, organizationId } = await town.owner('Late');
      const member = await town.member(organizationId, 'ADMIN');
      const { hear, storage } = elsewhere(town.storage);
      const node = await openNode(storage, town.clock);
      return { owner, organizationId, member, node, hear };
    }

    test('lets nobody act who was removed, and gives them no key', async () => {
      const { owner, organizationId, member, node, hear } = await late();
      const { principal, id: membershipId } = member;
      const other = await town.identity.createApiKey(owner, { organizationId, name: 'other' });
      const { id } = other.apiKey;
      const asked = { organizationId, email: 'accomplice@example.com', role: 'ADMIN' as const };
      await town.identity.removeMember(owner, membershipId);
      expect(node.role(principal, organizationId)).toBe('ADMIN');
      const acts = [
        node.createApiKey(principal, { organizationId, name: 'mine' }),
        node.createApiKey(principal, { organizationId, name: 'mine', kind: 'MANAGEMENT' }),
        node.createApiKey(owner, { organizationId, name: 'theirs', membershipId }),
        node.updateApiKey(principal, { id, creditLimit: null }),
        node.rotateApiKey(principal, { id, graceSeconds: 0 }),
        node.inviteMember(principal, asked),
        node.updateMember(owner, { membershipId, role: 'OWNER' }),
        node.removeMember(owner, membershipId),
        node.updateOrganization(principal, { id: organizationId, name: 'Mine' }),
        node.updateRoutingPolicy(principal, { organizationId, allowTraining: false }),
        node.writeAs({ principal, organizationId }, async () => undefined),
      ];
      const codes = await Promise.all(acts.map(codeOf));
      expect(new Set(codes)).toEqual(new Set(['NOT_FOUND']));
      const left: string[] = [];
      node.onLeft((gone) => left.push(gone));
      await hear();
      expect(left).toEqual([membershipId]);
      await node.close();
    });

    test('lets no key act that was revoked or rotated away', async () => {
      const { owner, organizationId, node } = await late();
      const named = { organizationId, kind: 'MANAGEMENT' as const, name: 'manager' };
      const keys = [
        await town.identity.createApiKey(owner, named),
        await town.identity.createApiKey(owner, named),
      ];
      await node.close();
      const fresh = await openNode(elsewhere(town.storage).storage, town.clock);
      const [one, two] = keys.map(({ secret }) => fresh.authenticate(secret.reveal()));
      await town.identity.revokeApiKey(owner, keys[0]?.apiKey.id ?? '');
      const rotation = { id: keys[1]?.apiKey.id ?? '', graceSeconds: 0 };
      await town.identity.rotateApiKey(owner, rotation);
      for (const principal of [one, two]) {
        const act = fresh.createApiKey(principal ?? owner, named);
        expect(await codeOf(act)).toBe('UNAUTHENTICATED');
      }
      await fresh.close();
    });

    test('lets a former role do nothing, and takes no owner for somebody else', async () => {
      const { owner, organizationId, member, node } = await late();
      const { principal, id: membershipId } = member;
      await town.identity.updateMember(owner, { membershipId, role: 'OWNER' });
      await town.identity.leaveOrganization(owner, organizationId);
      expect(node.role(principal, organizationId)).toBe('ADMIN');
      const demote = node.updateMember(town.administrator, { membershipId, role: 'VIEWER' });
      expect(await codeOf(demote)).toBe('CONFLICT');
      const remove = node.removeMember(town.administrator, membershipId);
      expect(await codeOf(remove)).toBe('CONFLICT');
      const named = { organizationId, name: 'mine' };
      expect(await codeOf(node.createApiKey(principal, named))).toBe('CONFLICT');
      await node.close();
    });
  });

  test('a limit that is lowered, raised or taken away is told where it is heard of', async () => {
    const { principal, organizationId } = await town.owner('Limiting');
    const member = await town.member(organizationId, 'DEVELOPER');
    const named = { organizationId, name: 'k', creditLimit: '9' };
    const { apiKey } = await town.identity.createApiKey(principal, named);
    const { hear, storage } = elsewhere(town.storage);
    const node = await openNode(storage, town.clock);
    const told: unknown[] = [];
    node.onLimit((limit) => told.push(limit));
    const [key, budget] = [{ id: apiKey.id }, { membershipId: member.id }];
    for (const creditLimit of ['5', '5', null]) {
      await town.identity.updateApiKey(principal, { ...key, creditLimit });
      await hear();
    }
    await town.identity.updateMember(principal, { ...budget, monthlyBudget: '7' });
    await hear();
    expect(told).toEqual([
      { kind: 'API_KEY', id: apiKey.id, limit: parseMoney('5'), number: 0 },
      { kind: 'API_KEY', id: apiKey.id, limit: null, number: 0 },
      { kind: 'MEMBER', id: member.id, limit: parseMoney('7'), number: 1 },
    ]);
    await node.close();
  });

  test('whoever makes keys while they are removed keeps none', async () => {
    const { principal: owner, organizationId } = await town.owner('Racing');
    const { id, principal } = await town.member(organizationId, 'ADMIN');
    const make = () => codeOf(town.identity.createApiKey(principal, { organizationId, name: 'k' }));
    const before = Array.from({ length: 10 }, make);
    const removed = codeOf(town.identity.removeMember(owner, id));
    const codes = await Promise.all([...before, ...Array.from({ length: 10 }, make)]);
    expect(await removed).toBe('ok');
    expect(codes.every((code) => code === 'ok' || code === 'NOT_FOUND')).toBe(true);
    const where = { membershipId: id, revokedAt: null };
    expect(await town.storage.prisma.apiKey.count({ where })).toBe(0);
  });

  test('a budget is kept, cleared with null and left alone when absent', async () => {
    const { principal, organizationId } = await town.owner('Frugal');
    const { id: membershipId, principal: member } = await town.member(organizationId, 'DEVELOPER');
    const { identity } = town;
    const budget = () => identity.payer(member, organizationId).monthlyBudget;
    await identity.updateMember(principal, { membershipId, monthlyBudget: '12.5' });
    expect(budget()).toBe(12_500_000_000_000n);
    await identity.updateMember(principal, { membershipId, role: 'ADMIN' });
    expect(budget()).toBe(12_500_000_000_000n);
    await identity.updateMember(principal, { membershipId, monthlyBudget: '0' });
    expect(budget()).toBe(0n);
    await identity.updateMember(principal, { membershipId, monthlyBudget: null });
    expect(budget()).toBeNull();
    const wrong = { membershipId: 'usr_1', role: null, monthlyBudget: '-1' };
    expect(await issuesOf(identity.updateMember(principal, wrong))).toEqual([
      'input.membershipId',
      'input.role',
      'input.monthlyBudget',
    ]);
  });

  test('an organization is renamed, moved and told all that is wrong at once', async () => {
    const { principal, organizationId: id } = await town.owner('Before');
    const { identity } = town;
    await town.owner('Occupied');
    await identity.updateOrganization(principal, { id, name: ' After ', retainContentDays: 30 });
    expect(identity.visibleOrganization(principal, id)).toMatchObject({
      name: 'After',
      slug: 'before',
      retainContentDays: 30,
    });
    await identity.updateOrganization(principal, { id, slug: 'after' });
    expect(identity.visibleOrganization(principal, 'after')?.id).toBe(id);
    expect(identity.visibleOrganization(principal, 'before')).toBeNull();
    const taken = identity.updateOrganization(principal, { id, slug: 'occupied' });
    expect(await codeOf(taken)).toBe('CONFLICT');
    const wrong = { id: 'x', name: null, slug: 'No Slug', retainContentDays: -1 };
    expect(await issuesOf(identity.updateOrganization(principal, wrong))).toEqual([
      'input.id',
      'input.name',
      'input.slug',
      'input.retainContentDays',
    ]);
    const { principal: developer } = await town.member(id, 'DEVELOPER');
    expect(await codeOf(identity.updateOrganization(developer, { id, name: 'x' }))).toBe(
      'FORBIDDEN',
    );
  });

  test('every change is in the audit, and every chain holds', async () => {
    const actions = await town.storage.prisma.auditEvent.groupBy({ by: ['action'] });
    expect(actions.map(({ action }) => action)).toEqual(
      expect.arrayContaining([
        'member.invited',
        'member.joined',
        'member.left',
        'member.removed',
        'member.updated',
        'invitation.revoked',
        'organization.updated',
      ]),
    );
    for await (const { violation } of verifyChains(town.storage)) expect(violation).toBeNull();
  });
}
