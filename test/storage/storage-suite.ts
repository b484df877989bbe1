import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Storage } from '#storage';
import { type DatabaseKind, freshDatabase } from '../harness/databases.ts';

/** The same promises on every database. */
export function storageSuite(kind: DatabaseKind): void {
  let storage: Storage;
  beforeAll(async () => {
    storage = await freshDatabase(kind);
  });
  afterAll(() => storage.close());

  const countOf = 'SELECT count(*) FROM "user" WHERE name = $1';
  const users = (name: string) => storage.prisma.user.count({ where: { name } });
  const user = (id: string, name: string) => ({ data: { id, name } });

  describe('a query', () => {
    test('gives whole numbers of 64 and more bits exactly', async () => {
      const [row] = await storage.query(
        `SELECT $1::bigint AS large, $2::numeric(38) AS larger, sum(n) AS total, 7 AS small
         FROM generate_series(1, 3) n`,
        [2n ** 63n - 1n, 10n ** 37n],
      );
      expect(row).toEqual({ large: 2n ** 63n - 1n, larger: 10n ** 37n, total: 6n, small: 7 });
    });

    test('fails rather than to round a NUMERIC with a fraction', async () => {
      await expect(storage.query('SELECT 0.5::numeric')).rejects.toThrow('0.5');
      expect(await storage.query('SELECT 0.5::float8 AS half')).toEqual([{ half: 0.5 }]);
    });

    test('keeps the SQLSTATE of what the database refuses', async () => {
      await expect(storage.query('SELECT 1 / 0')).rejects.toMatchObject({ code: '22012' });
      await expect(storage.query('INSERT INTO clock DEFAULT VALUES', [])).rejects.toMatchObject({
        code: '23505',
        constraint: 'clock_pkey',
      });
    });

    test('and Prisma keep and find a text with NUL, which PostgreSQL has not', async () => {
      const name = 'A\0da';
      const [row] = await storage.query('SELECT $1 AS name, $2::text[] AS names', [name, [name]]);
      expect(row).toEqual({ name: 'A\ufffdda', names: ['A\ufffdda'] });
      await storage.prisma.user.create({ data: { id: 'with-nul', name } });
      const where = { name, id: { in: ['with-nul', name] } };
      expect(await storage.prisma.user.count({ where })).toBe(1);
    });

    test('and Prisma agree on a moment', async () => {
      const at = new Date('2026-03-29T01:30:00.123Z');
      await storage.prisma.user.create({ data: { id: 'moment', name: 'm', createdAt: at } });
      const rows = await storage.query(`SELECT created_at AS at FROM "user" WHERE id = 'moment'`);
      expect(rows).toEqual([{ at }]);
      const found = await storage.prisma.user.findUnique({ where: { id: 'moment' } });
      expect(found?.createdAt).toEqual(at);
    });
  });

  describe('many at once', () => {
    test('get each the answer to their own question, large ones too', async () => {
      const large = 'x'.repeat(1_500_000);
      const asked = Array.from({ length: 24 }, (_, index) => index);
      const answers = await Promise.all(
        asked.map((index) =>
          storage.query(`SELECT ${index} AS here, $1::int AS given, length($2) AS length`, [
            index,
            index % 2 ? large + index : 'small',
          ]),
        ),
      );
      expect(answers.flat()).toEqual(
        asked.map((index) => ({
          here: index,
          given: index,
          length: index % 2 ? large.length + `${index}`.length : 5,
        })),
      );
    });

    test('each see their own transaction, whole or not at all', async () => {
      const before = await users('together');
      await Promise.all(
        Array.from({ length: 8 }, (_, index) =>
          storage.write(async (tx) => {
            await tx.user.create(user(`together-${index}-a`, 'together'));
            expect(
              await tx.user.count({ where: { id: { startsWith: `together-${index}-` } } }),
            ).toBe(1);
            await tx.user.create(user(`together-${index}-b`, 'together'));
          }),
        ),
      );
      expect((await users('together')) - before).toBe(16);
    });
  });

  describe('a write', () => {
    test('is not seen by a query before it has committed', async () => {
      let seen: Promise<unknown> = Promise.resolve();
      await storage.write(async (tx) => {
        await tx.user.create(user('later', 'later'));
        seen = storage.query(countOf, ['later']);
        // A server answers meanwhile with what was there before; the embedded database answers
        // when it is done.
        if (kind === 'server') await seen;
        await tx.user.create(user('later still', 'later'));
      });
      expect(await seen).toEqual([{ count: kind === 'server' ? 0n : 2n }]);
      expect(await storage.query(countOf, ['later'])).toEqual([{ count: 2n }]);
    });

    test('that fails writes nothing and says why', async () => {
      const refusal = new RangeError('changed my mind');
      const attempt = storage.write(async (tx) => {
        await tx.user.create(user('never', 'never'));
        throw refusal;
      });
      await expect(attempt).rejects.toBe(refusal);
      expect(await users('never')).toBe(0);
    });
  });

  test('a database that is there is ready', async () => {
    await storage.ready();
  });

  test('knows which kind it is', () => {
    expect(storage.kind).toBe(kind);
  });
}
