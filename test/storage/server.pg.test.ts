import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Secret, systemClock } from '#kernel';
import { openStorage, type Storage } from '#storage';
import { emptyDatabase } from '../harness/databases.ts';
import { type LossyProxy, lossyProxy } from '../harness/lossy-proxy.ts';
import { recordingLog } from '../harness/recording-log.ts';

describe('a database server', () => {
  const log = recordingLog();
  let storage: Storage;
  let proxy: LossyProxy;
  let url: string;
  let drop: () => Promise<void>;

  beforeEach(async () => {
    const database = await emptyDatabase('server');
    drop = database.drop;
    const own = new URL('url' in database.address ? database.address.url : '');
    proxy = await lossyProxy({ host: own.hostname, port: Number(own.port) || 5432 });
    own.hostname = '127.0.0.1';
    own.port = `${proxy.port}`;
    url = own.href;
    const databaseUrl = new Secret(url);
    storage = await openStorage({ databaseUrl, dataDir: '', clock: systemClock, log });
  });
  afterEach(async () => {
    await proxy.heal();
    await storage.close();
    await proxy.close();
    await drop();
  });

  test('that is of no release is left as it is by who joins it', async () => {
    const empty = await emptyDatabase('server');
    const databaseUrl = new Secret('url' in empty.address ? empty.address.url : '');
    const options = { databaseUrl, dataDir: '', clock: systemClock, log, join: true };
    await expect(openStorage(options)).rejects.toMatchObject({ code: 'CONFLICT' });
    await empty.drop();
  });

  const setting = (name: string) => `current_setting('${name}')`;

  test('is told for how long our connections may hold others up', async () => {
    const limits = [
      'statement_timeout',
      'lock_timeout',
      'idle_in_transaction_session_timeout',
      'TimeZone',
      'tcp_keepalives_idle',
    ];
    const ask = `SELECT concat_ws(' ', ${limits.map(setting)}) AS limits`;
    const expected = [{ limits: '5s 2s 5s UTC 10' }];
    expect(await storage.query(ask)).toEqual(expected);
    expect(await storage.prisma.$queryRawUnsafe(ask)).toEqual(expected);
  });

  test('that breaks all connections costs what was under way, and is found again', async () => {
    // Two at once, so that one connection of theirs is idle when it breaks.
    await Promise.all([storage.query('SELECT 1'), storage.query('SELECT 1')]);
    const under = storage.query('SELECT pg_sleep(4)').catch((fault) => fault);
    const writing = storage.write(async (tx) => {
      await tx.user.create({ data: { id: 'u1', name: 'Ada' } });
      await proxy.cut();
      await tx.user.create({ data: { id: 'u2', name: 'Bob' } });
    });
    await expect(writing).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await under).toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    await expect(storage.query('SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(storage.prisma.user.count()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(storage.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await proxy.heal();
    await storage.ready();
    expect(await storage.prisma.user.count()).toBe(0);
  });

  test('that falls silent makes nobody wait for ever', async () => {
    await storage.ready();
    proxy.freeze();
    const statement = storage.query('SELECT 1').catch((fault) => fault);
    await expect(storage.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    expect(await statement).toMatchObject({ code: 'UNAVAILABLE' });
    await proxy.heal();
    await storage.ready();
  });

  test('fails a statement that waits for the row of another', async () => {
    await storage.prisma.user.create({ data: { id: 'u1', name: 'Ada' } });
    await storage.prisma.$transaction(async (tx) => {
      await tx.user.update({ where: { id: 'u1' }, data: { name: 'mine' } });
      const theirs = storage.query(`UPDATE "user" SET name = 'theirs'`);
      await expect(theirs).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    });
  });

  test('that takes no writes is read, and says of the rest that it cannot now', async () => {
    const name = new URL(url).pathname.slice(1);
    await storage.query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await proxy.cut(); // what is connected may still write
    await proxy.heal();
    await expect.poll(() => storage.prisma.user.count().catch(() => null)).toBe(0);
    const creating = { data: { id: 'u1', name: 'Ada' } };
    const writes = [
      () => storage.query(`UPDATE "user" SET name = 'theirs'`),
      () => storage.prisma.user.create(creating),
      () => storage.write((tx) => tx.user.create(creating)),
    ];
    for (const write of writes) {
      await expect(write()).rejects.toMatchObject({ code: 'UNAVAILABLE', retryable: true });
    }
  });

  test('whose connections an operator ends is asked again on new ones', async () => {
    await Promise.all([storage.query('SELECT 1'), storage.prisma.user.count()]);
    await storage
      .query(
        'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()',
      )
      .catch(() => {});
    await expect.poll(() => storage.prisma.user.count().catch(() => null)).toBe(0);
    await storage.ready();
  });
});
