import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { demoOrganizationId, firstStart } from '#identity';
import { Secret } from '#kernel';
import type { Storage } from '#storage';
import { openCipher } from '../../src/identity/cipher.ts';
import { looksLikeOurs } from '../../src/identity/keys/api-key-form.ts';
import { freshDatabase } from '../harness/databases.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { begin, openAccount, openNode } from './node.ts';
import { cipher } from './people.ts';

/** The same promises on every database. */
export function firstStartSuite(kind: Parameters<typeof freshDatabase>[0]): void {
  const clock = virtualClock();
  let storage: Storage;
  beforeEach(async () => {
    storage = await freshDatabase(kind);
  });
  afterEach(() => storage.close());

  describe('the first start', () => {
    test('makes the organization demo with one key without limits that works', async () => {
      const secret = await begin(storage, clock);
      expect(looksLikeOurs(secret?.reveal() ?? '')).toBe(true);
      const identity = await openNode(storage, clock);
      const principal = identity.authenticate(secret?.reveal());
      expect(principal).toMatchObject({
        apiKey: { name: 'demo key', kind: 'INFERENCE', creditLimit: null, allowedModels: null },
        organization: { id: demoOrganizationId, slug: 'demo' },
      });
      expect(identity.payer(principal)).toMatchObject({ organization: { slug: 'demo' } });
      await identity.close();
    });

    test('takes DEMO_KEY as given, and hides most of it in its hint', async () => {
      const given = new Secret('my-demo-key-of-it');
      expect(await begin(storage, clock, given)).toBe(given);
      const identity = await openNode(storage, clock);
      expect(identity.authenticate('my-demo-key-of-it')).toMatchObject({
        apiKey: { hint: 'my…it' },
      });
      await identity.close();
    });

    test('happens once: a later one makes nothing and has no key to show', async () => {
      await begin(storage, clock);
      expect(await begin(storage, clock)).toBeNull();
      expect(await begin(storage, clock, new Secret('another-demo-key!'))).toBeNull();
      expect(await storage.prisma.organization.count()).toBe(1);
      expect(await storage.prisma.apiKey.count()).toBe(1);
      expect(await storage.prisma.user.count()).toBe(1);
    });

    test('does not bring back a demo key that was revoked or removed', async () => {
      await begin(storage, clock);
      await storage.prisma.apiKey.deleteMany({});
      expect(await begin(storage, clock)).toBeNull();
      expect(await storage.prisma.apiKey.count()).toBe(0);
    });

    test('happens once also when many start at the same moment', async () => {
      const starts = await Promise.all(Array.from({ length: 6 }, () => begin(storage, clock)));
      expect(starts.filter((secret) => secret !== null)).toHaveLength(1);
      expect(await storage.prisma.organization.count()).toBe(1);
      expect(await storage.prisma.apiKey.count()).toBe(1);
    });

    test('leaves nothing half made when it fails, and the next one makes it', async () => {
      const options = { storage, clock, cipher, demoKey: null, grantDemoCredits: async () => {} };
      const failing = async () => {
        throw new RangeError('no account today');
      };
      await expect(firstStart({ ...options, openAccount: failing })).rejects.toThrow('no account');
      expect(await storage.prisma.user.count()).toBe(0);
      expect(await begin(storage, clock)).not.toBeNull();
    });

    test('asks for the demo credits each time: one that died before loses none', async () => {
      const asked: string[] = [];
      const grantDemoCredits = async (id: string) => void asked.push(id);
      const options = { storage, clock, cipher, demoKey: null, openAccount, grantDemoCredits };
      await firstStart(options);
      await firstStart(options);
      expect(asked).toEqual([demoOrganizationId, demoOrganizationId]);
    });

    test('binds the database to its encryption key: another one stops a later start', async () => {
      await begin(storage, clock);
      const other = openCipher(new Secret(Buffer.alloc(32, 9).toString('base64')));
      const options = { storage, clock, demoKey: null, openAccount };
      const start = firstStart({ ...options, cipher: other, grantDemoCredits: async () => {} });
      await expect(start).rejects.toThrow(/ENCRYPTION_KEY is not the one/);
    });

    test('stands in the audit', async () => {
      await begin(storage, clock);
      const events = await storage.prisma.auditEvent.findMany({ orderBy: { chain: 'asc' } });
      expect(events.map(({ chain, action }) => [chain, action]).sort()).toEqual(
        [
          ['platform', 'platform.created'],
          [demoOrganizationId, 'organization.created'],
          [demoOrganizationId, 'apiKey.created'],
        ].sort(),
      );
    });
  });
}
