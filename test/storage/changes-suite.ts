import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog } from '#kernel';
import type { Storage } from '#storage';
import { ChangeLog } from '../../src/storage/changes.ts';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';
import { recordingLog } from '../harness/recording-log.ts';

/** The same promises on every database. */
export function changesSuite(kind: DatabaseKind): void {
  const log = recordingLog();
  let storage: Storage;
  /** Another node on the same database, which nobody tells anything. */
  let other: ChangeLog;
  let applied: string[];

  beforeEach(async () => {
    storage = await freshDatabase(kind, { log });
    other = await ChangeLog.open(storage.prisma, silentLog);
    applied = [];
    for (const topic of ['keys', 'catalog']) {
      other.on(topic, async (subjects) => void applied.push(`${topic} ${subjects.join(' ')}`));
    }
  });
  afterEach(() => storage.close());

  const write = (...changes: [topic: string, subject: string][]) =>
    storage.write(async (tx) => {
      for (const [topic, subject] of changes) tx.change(topic, subject);
    });
  const numbers = async () =>
    (await storage.query<{ number: bigint }>('SELECT number FROM change ORDER BY number')).map(
      ({ number }) => number,
    );

  describe('who wrote', () => {
    test('reads what it wrote: its changes are applied here when the write resolves', async () => {
      const here: string[] = [];
      storage.changes.on('keys', async (subjects) => {
        const users = await storage.prisma.user.findMany();
        here.push(`${subjects} of ${users.map(({ id }) => id)}`);
      });
      const result = await storage.write(async (tx) => {
        await tx.user.create({ data: { id: 'u1', name: 'Ada' } });
        tx.change('keys', 'u1');
        return 'done';
      });
      expect(result).toBe('done');
      expect(here).toEqual(['u1 of u1']);
      expect(storage.changes.applied).toBe(1n);
    });

    test('tells the bus the last number of a commit, if that changed anything', async () => {
      const told: bigint[] = [];
      storage.changes.onCommit((number) => told.push(number));
      await write(['keys', 'a'], ['keys', 'b']);
      await write();
      await write(['keys', 'c']);
      expect(told).toEqual([2n, 3n]);
    });

    test('is not told of a failure when what is committed cannot be applied here yet', async () => {
      let broken = true;
      const here: string[] = [];
      storage.changes.on('keys', async (subjects) => {
        if (broken) throw new RangeError('cannot read');
        here.push(...subjects);
      });
      await write(['keys', 'a']);
      expect(log.lines.at(-1)).toMatchObject({ level: 'error' });
      expect(storage.changes.applied).toBe(0n);
      broken = false;
      expect(await storage.changes.read()).toBe(1n);
      expect(here).toEqual(['a']);
    });
  });

  describe('a change', () => {
    test('of a transaction that fails is published to nobody and takes no number', async () => {
      const failed = storage.write(async (tx) => {
        tx.change('keys', 'a');
        throw new RangeError('no');
      });
      await expect(failed).rejects.toThrow('no');
      await write(['keys', 'b']);
      expect(await numbers()).toEqual([1n]);
      await other.read();
      expect(applied).toEqual(['keys b']);
    });

    test('that is noted twice in a transaction is published once', async () => {
      await write(['keys', 'a'], ['catalog', 'a'], ['keys', 'a']);
      await other.read();
      expect(applied).toEqual(['keys a', 'catalog a']);
    });

    test('§23 is never passed over by who reads while many commit at once', async () => {
      const seen: string[] = [];
      other.on('keys', async (subjects) => void seen.push(...subjects));
      const ids = Array.from({ length: 30 }, (_, index) => `u${index}`);
      let writing = true;
      const writes = Promise.all(
        ids.map((id) =>
          storage.write(async (tx) => {
            await tx.user.create({ data: { id, name: 'n' } });
            tx.change('keys', id);
          }),
        ),
      ).finally(() => {
        writing = false;
      });
      while (writing) await other.read();
      await writes;
      expect(await other.read()).toBe(30n);
      expect(seen.toSorted()).toEqual(ids.toSorted());
      expect(await numbers()).toEqual(ids.map((_, index) => BigInt(index + 1)));
    });
  });

  describe('another node', () => {
    test('applies what it missed in order, neighbours of one topic together', async () => {
      await write(['keys', 'a'], ['keys', 'b']);
      await write(['catalog', 'm']);
      await write(['keys', 'c']);
      expect(await other.read()).toBe(4n);
      expect(applied).toEqual(['keys a b', 'catalog m', 'keys c']);
      expect(await other.read()).toBe(4n);
      expect(applied).toHaveLength(3);
    });

    test('begins with the present when it opens', async () => {
      await write(['keys', 'a']);
      const late = await ChangeLog.open(storage.prisma, silentLog);
      expect(late.applied).toBe(1n);
    });

    test('goes on where it was when applying failed, and skips nothing', async () => {
      let broken = true;
      other.on('catalog', async () => {
        if (broken) throw new RangeError('cannot read');
      });
      await write(['keys', 'a'], ['catalog', 'm'], ['keys', 'b']);
      await expect(other.read()).rejects.toThrow('cannot read');
      expect(other.applied).toBe(1n);
      broken = false;
      expect(await other.read()).toBe(3n);
      expect(applied).toEqual(['keys a', 'catalog m', 'catalog m', 'keys b']);
    });

    test('is never applying two things at once', async () => {
      let running = 0;
      let most = 0;
      other.on('keys', async () => {
        most = Math.max(most, ++running);
        await storage.query('SELECT 1');
        running--;
      });
      const reads: Promise<bigint>[] = [];
      for (let index = 0; index < 5; index++) {
        await write(['keys', `${index}`]);
        reads.push(other.read(), other.read());
      }
      await Promise.all(reads);
      expect(most).toBe(1);
    });

    test('reads everything anew when changes that it missed were pruned', async () => {
      await write(['keys', 'old'], ['keys', 'new']);
      await storage.query(`UPDATE change SET at = at - interval '25 hours' WHERE subject = 'old'`);
      await other.prune();
      expect(await numbers()).toEqual([2n]);
      expect(await other.read()).toBe(2n);
      expect(applied).toEqual(['keys *', 'catalog *']);
    });

    test('reads everything anew when a replica took over without the last commits', async () => {
      await write(['keys', 'kept'], ['keys', 'lost']);
      const before = await other.read();
      await storage.query('DELETE FROM change WHERE number = $1', [before]);
      await storage.query('UPDATE change_head SET number = number - 1');
      applied.splice(0);
      expect(await other.read()).toBe(before - 1n);
      expect(applied).toEqual(['keys *', 'catalog *']);
    });

    test('reads everything anew when nothing of what it missed is left', async () => {
      await write(['keys', 'old']);
      await storage.query(`UPDATE change SET at = at - interval '25 hours'`);
      await other.prune();
      expect(await other.read()).toBe(1n);
      expect(applied).toEqual(['keys *', 'catalog *']);
    });
  });
}
