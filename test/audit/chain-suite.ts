import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ChainReport, record, verifyChains } from '#audit';
import type { Storage } from '#storage';
import { freshDatabase } from '../harness/databases.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

/** The same promises on every database. */
export function chainSuite(kind: Parameters<typeof freshDatabase>[0]): void {
  const clock = virtualClock(Date.parse('2026-11-23T10:00:00.123Z'));
  let storage: Storage;
  beforeAll(async () => {
    storage = await freshDatabase(kind);
  });
  afterAll(() => storage.close());

  const write = (chain: string, action = 'apiKey.created') =>
    storage.write((tx) =>
      record(tx, { chain, actor: 'usr_1', action, subject: 'key_1', details }, clock),
    );
  const details = { name: 'Ærø "quoted" \\ 🙂', limits: { z: 1, a: ['x', null, true] } };

  async function report(chain: string): Promise<ChainReport | undefined> {
    for await (const found of verifyChains(storage)) if (found.chain === chain) return found;
    return undefined;
  }

  /** As somebody would who has the database in their hands. */
  const tamper = async (sql: string) => {
    await storage.query('ALTER TABLE audit DISABLE TRIGGER USER', []);
    await storage.query(sql, []);
    await storage.query('ALTER TABLE audit ENABLE TRIGGER USER', []);
  };

  async function chainOf(name: string, events: number): Promise<string> {
    for (let event = 0; event < events; event++) await write(name);
    return name;
  }

  describe('an audit chain', () => {
    test('holds over its events and gives the hash of the newest', async () => {
      const chain = await chainOf('holds', 3);
      const rows = await storage.prisma.auditEvent.findMany({
        where: { chain },
        orderBy: { number: 'asc' },
      });
      expect(rows.map((row) => Number(row.number))).toEqual([1, 2, 3]);
      expect(rows[0]).toMatchObject({ actor: 'usr_1', at: new Date(clock.now()), details });
      const head = rows[2]?.hash;
      expect(head).toMatch(/^[0-9a-f]{64}$/);
      expect(await report(chain)).toEqual({ chain, events: 3, head, violation: null });
    });

    test('keeps nothing of a transaction that failed', async () => {
      const chain = await chainOf('rolled back', 1);
      const failing = storage.write(async (tx) => {
        await record(tx, { chain, actor: 'usr_1', action: 'x.y', subject: 'z' }, clock);
        throw new RangeError('after all');
      });
      await expect(failing).rejects.toThrow('after all');
      await write(chain);
      expect(await report(chain)).toMatchObject({ events: 2, violation: null });
    });

    test('§29 does not fork when many write to it at once', async () => {
      await Promise.all(Array.from({ length: 20 }, () => write('crowded')));
      expect(await report('crowded')).toMatchObject({ events: 20, violation: null });
    });

    test.each([
      ['an action was changed', `SET action = 'apiKey.revoked'`],
      ['an actor was changed', `SET actor = 'usr_2'`],
      ['a subject was changed', `SET subject = 'key_2'`],
      ['a time was changed', `SET at = at + interval '1 ms'`],
      ['an address was added', `SET address = '::1'`],
      ['a detail was changed', `SET details = jsonb_set(details, '{limits,z}', '2')`],
      ['a hash was changed', `SET hash = repeat('0', 64)`],
    ])('shows that %s', async (what, change) => {
      const chain = await chainOf(what, 3);
      await tamper(`UPDATE audit ${change} WHERE chain = '${chain}' AND number = 2`);
      expect((await report(chain))?.violation).toMatch(/^event 2 \(aud_\w{26}\) was changed/);
    });

    test('shows that an event was taken out of the middle', async () => {
      const chain = await chainOf('gap', 3);
      await tamper(`DELETE FROM audit WHERE chain = '${chain}' AND number = 2`);
      expect((await report(chain))?.violation).toBe('event 2 is missing');
    });

    test('shows that its end was cut off', async () => {
      const chain = await chainOf('cut', 3);
      await tamper(`DELETE FROM audit WHERE chain = '${chain}' AND number = 3`);
      expect((await report(chain))?.violation).toBe('it has 2 events, its head counts 3');
    });

    test('shows that its head was moved or lost', async () => {
      const [moved, lost] = [await chainOf('moved', 2), await chainOf('lost', 2)];
      await tamper(`UPDATE audit_head SET hash = 'x' WHERE chain = '${moved}'`);
      await tamper(`DELETE FROM audit_head WHERE chain = '${lost}'`);
      const violation = 'its head is not the hash of its newest event';
      expect(await report(moved)).toMatchObject({ violation });
      expect((await report(lost))?.violation).toBe('it has 2 events, its head counts 0');
    });

    test('is one of its own for each organization', async () => {
      await chainOf('one', 2);
      await chainOf('two', 1);
      expect(await report('one')).toMatchObject({ events: 2, violation: null });
      expect(await report('two')).toMatchObject({ events: 1, violation: null });
    });
  });
}
