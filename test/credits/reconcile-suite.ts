import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openAccount, reconcile } from '#credits';
import type { Storage } from '#storage';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { balanceOf, grant, ledgerOf, openNode, organization, spend, violations } from './node.ts';

/** A database that lacks what another one has had: a restored copy, or a replica. */
export function reconcileSuite(kind: DatabaseKind): void {
  describe(`what a node has kept, on ${kind}`, () => {
    let [storage, older]: Storage[] = [];
    let dataDir: string;

    beforeAll(async () => {
      dataDir = await mkdtemp(join(tmpdir(), 'bourse-reconcile-'));
      [storage, older] = await Promise.all([freshDatabase(kind), freshDatabase(kind)]);
    }, 120_000);
    afterAll(async () => {
      await Promise.all([storage?.close(), older?.close()]);
      await rm(dataDir, { recursive: true, force: true });
    });

    /** The organization as the older database has it, with this much credit. */
    async function copied(id: string, credit: number, to: Storage): Promise<void> {
      await to.write(async (tx) => {
        await tx.organization.create({ data: { id, slug: id.replace('_', '-'), name: 'Acme' } });
        await openAccount(tx, id);
      });
      await grant(to, id, { amount: credit, key: 'opening' });
    }

    test('is posted where it is missing, once, and within what there is', async () => {
      if (!storage || !older) throw new Error('there is no database');
      const acme = await organization(storage, 100);
      const poor = await organization(storage, 100);
      await copied(acme, 100, older);
      await copied(poor, 5, older);
      const node = await openNode(storage, { dataDir });
      for (const tokens of [3, 4, 5]) await spend(node, acme, tokens);
      await spend(node, poor, 7);
      await node.close();
      expect(await ledgerOf(older, acme)).toBe('GRANT 100 → 100');

      expect(await reconcile(older, dataDir)).toEqual({ kept: 4, missing: 4, setAside: 0 });
      expect(await ledgerOf(older, acme)).toBe(await ledgerOf(storage, acme));
      expect(await balanceOf(older, 'platform:late-loss')).toBe('-7');
      expect(await ledgerOf(older, poor)).toBe('GRANT 5 → 5');

      expect(await reconcile(older, dataDir)).toEqual({ kept: 4, missing: 0, setAside: 0 });
      expect(await reconcile(storage, dataDir)).toEqual({ kept: 4, missing: 0, setAside: 0 });
      for (const books of [storage, older]) expect(await violations(books)).toEqual([]);
      expect((await readdir(join(dataDir, 'settlement'))).some(isPosted)).toBe(true);
    });

    test('and cannot be posted is set aside once', async () => {
      if (!storage || !older) throw new Error('there is no database');
      const later = await organization(storage, 100);
      const node = await openNode(storage, { dataDir });
      await spend(node, later, 3);
      await node.close();
      expect(await reconcile(older, dataDir)).toMatchObject({ missing: 1, setAside: 1 });
      expect(await reconcile(older, dataDir)).toMatchObject({ missing: 0, setAside: 0 });
      expect(await older.prisma.quarantine.count()).toBe(1);
    });
  });
}

const isPosted = (name: string) => name.endsWith('.posted');
