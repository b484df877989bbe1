import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hourMs, silentLog, systemClock } from '#kernel';
import { openStorage, type Storage, type StorageOptions } from '#storage';
import { notedFolder } from '../../src/storage/data-directory.ts';
import { freshDataDirectory } from '../harness/databases.ts';
import { recordingLog } from '../harness/recording-log.ts';
import { virtualClock } from '../harness/virtual-clock.ts';

describe('an embedded database', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await freshDataDirectory();
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  const open = (options: Partial<StorageOptions> = {}) =>
    openStorage({ dataDir, clock: systemClock, log: silentLog, ...options });
  const names = 'SELECT name FROM "user" ORDER BY id';

  test('keeps what was written over a restart', async () => {
    const first = await open();
    await first.prisma.user.create({ data: { id: 'u1', name: 'Ada' } });
    await first.close();
    const second = await open();
    expect(await second.query(names)).toEqual([{ name: 'Ada' }]);
    await second.close();
  });

  test('§8 leaves a copy of its files once an hour, from which it starts', async () => {
    const clock = virtualClock();
    const first = await open({ clock });
    const [files, copy] = [join(dataDir, 'database'), join(dataDir, 'database.hourly')];
    const made = () =>
      stat(copy)
        .then(({ ino }) => ino)
        .catch(() => null);
    let last: number | null = null;
    for (const name of ['Ada', 'Grace']) {
      await first.prisma.user.create({ data: { id: name, name } });
      await clock.advance(hourMs);
      const another = async () => ![null, last].includes(await made());
      await expect.poll(another, { timeout: 30_000 }).toBe(true);
      last = await made();
    }
    await first.prisma.user.create({ data: { id: 'Mary', name: 'Mary' } });
    await first.close();
    await rm(files, { recursive: true });
    await rename(copy, files);
    const second = await open();
    expect(await second.query(names)).toEqual([{ name: 'Ada' }, { name: 'Grace' }]);
    await second.close();
  });

  test('holds 16 MiB of pages, which are resident from the start', async () => {
    const storage = await open();
    expect(await storage.query('SHOW shared_buffers')).toEqual([{ shared_buffers: '16MB' }]);
    await storage.close();
  });

  test('§8 refuses a second start on its directory, and says what to do', async () => {
    const first = await open();
    await expect(open()).rejects.toMatchObject({
      code: 'CONFLICT',
      public: expect.stringContaining('set DATA_DIR to another directory'),
    });
    await first.ready();
    await first.close();
    await (await open()).close();
  });

  test('says which directory it cannot use, and which it could', async () => {
    const file = join(dataDir, 'a file');
    await writeFile(file, '');
    for (const path of [file, join(file, 'within'), '/proc/none/within']) {
      await expect(open({ dataDir: path })).rejects.toMatchObject({
        code: 'INVALID_INPUT',
        public: expect.stringMatching(/^DATA_DIR: ".*" was given\..* Accepted: a directory/),
      });
    }
  });

  test('tells a directory that is broken from one that is taken', async () => {
    await mkdir(join(dataDir, 'database.socket'));
    await expect(open()).rejects.toMatchObject({ code: 'INVALID_INPUT' });
    await rm(join(dataDir, 'database.socket'), { recursive: true });
    await writeFile(join(dataDir, 'lock.db'), 'x'.repeat(100));
    await expect(open()).rejects.toMatchObject({
      code: 'INVALID_INPUT',
      public: expect.stringContaining('file is not a database'),
    });
  });

  test('lets a process that looks on join the one that has the directory', async () => {
    const first = await open();
    await first.prisma.user.create({ data: { id: 'u1', name: 'Ada' } });
    const onlooker = await open({ join: true });
    expect(await onlooker.query(names)).toEqual([{ name: 'Ada' }]);
    await onlooker.close();
    expect(await first.query(names)).toEqual([{ name: 'Ada' }]);
    await first.close();
    const alone = await open({ join: true });
    expect(await alone.query(names)).toEqual([{ name: 'Ada' }]);
    await alone.close();
  });

  test('plans anew for a new connection, for tables that have grown', async () => {
    const first = await open();
    await first.query('SET plan_cache_mode = force_generic_plan');
    await first.query(`PREPARE named (text[]) AS
      SELECT u.name FROM unnest($1) asked JOIN "user" u ON u.id = asked`);
    const plan = async (storage: Storage) =>
      JSON.stringify(await storage.query(`EXPLAIN EXECUTE named ('{}')`));
    expect(await plan(first)).toContain('Seq Scan');
    await first.query(`INSERT INTO "user" (id, name)
      SELECT 'u' || n, 'Ada' FROM generate_series(1, 10000) n`);
    expect(await plan(first)).toContain('Seq Scan');
    const onlooker = await open({ join: true });
    expect(await plan(onlooker)).toContain('Index');
    await onlooker.close();
    await first.close();
  });

  test('lets in nobody but its own user, and leaves no socket behind', async () => {
    const storage = await open();
    const folder = (await notedFolder(dataDir)) ?? '';
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect(await readdir(folder)).toHaveLength(1);
    await storage.close();
    await expect(stat(folder)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await notedFolder(dataDir)).toBe(null);
  });

  test('that is killed loses nothing that it acknowledged, and is free at once', async () => {
    const holder = hold(dataDir);
    const lines = createInterface({ input: holder.stdout });
    let acknowledged = 0;
    const many = Promise.withResolvers<void>();
    lines.on('line', (line) => {
      acknowledged = Number(line);
      if (acknowledged === 20) many.resolve();
    });
    await many.promise;
    await expect(open()).rejects.toMatchObject({ code: 'CONFLICT' });
    const leftBehind = await notedFolder(dataDir);
    const closed = once(lines, 'close');
    await kill(holder);
    await closed;
    const storage = await open();
    const [row] = await storage.query<{ count: bigint }>('SELECT count(*) FROM "user"');
    expect(Number(row?.count)).toBeGreaterThanOrEqual(acknowledged);
    await expect(stat(leftBehind ?? '')).rejects.toMatchObject({ code: 'ENOENT' });
    await storage.close();
  });

  test('that dies is a line in the log and a failure of every statement, not a wait', async () => {
    const log = recordingLog();
    const storage = await open({ log });
    await storage.ready();
    const running = storage.query('SELECT count(*) FROM generate_series(1, 300000)');
    await sendFatalMessage((await notedFolder(dataDir)) ?? '');
    await running.catch(() => {});
    await expect(storage.query('SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(storage.ready()).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await expect(storage.write((tx) => tx.user.count())).rejects.toMatchObject({
      code: 'UNAVAILABLE',
    });
    const errors = () => log.lines.filter(({ level }) => level === 'error');
    await expect
      .poll(() => errors().map(({ message }) => message))
      .toEqual(['the embedded database has died']);
    expect(errors()[0]?.fields.error).toBeDefined();
    await storage.close();
    await (await open()).close();
  });

  test('that has died serves again by itself, and has lost nothing', async () => {
    const [clock, log] = [virtualClock(), recordingLog()];
    const storage = await open({ clock, log });
    const said = () => log.lines.map(({ message }) => message);
    for (const name of ['Ada', 'Grace']) {
      await storage.prisma.user.create({ data: { id: name, name } });
      await sendFatalMessage((await notedFolder(dataDir)) ?? '');
      await expect.poll(said).toContain('the embedded database has died');
      await clock.advance(5_000);
      await expect.poll(said).toContain('the embedded database serves again');
      log.lines.length = 0;
    }
    expect(await storage.query(names)).toEqual([{ name: 'Ada' }, { name: 'Grace' }]);
    await storage.close();
  });

  test('whose files are gone as well is not made anew', async () => {
    const [clock, log] = [virtualClock(), recordingLog()];
    const storage = await open({ clock, log });
    const folder = (await notedFolder(dataDir)) ?? '';
    await rm(join(dataDir, 'database'), { recursive: true });
    await sendFatalMessage(folder);
    const died = () => log.lines.some(({ level }) => level === 'error');
    await expect.poll(died).toBe(true);
    await clock.advance(60_000);
    await expect(storage.query('SELECT 1')).rejects.toMatchObject({ code: 'UNAVAILABLE' });
    await storage.close();
    await expect(stat(join(dataDir, 'database'))).rejects.toThrow('ENOENT');
  });
});

function hold(dataDir: string) {
  const script = fileURLToPath(new URL('./hold-directory.ts', import.meta.url));
  return spawn(process.execPath, [script, dataDir], { stdio: ['ignore', 'pipe', 'inherit'] });
}

async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

/**
 * Something that PostgreSQL answers with FATAL, the end of its process: a message of a type that
 * does not exist.
 */
async function sendFatalMessage(socketFolder: string): Promise<void> {
  const socket = createConnection(join(socketFolder, '.s.PGSQL.5432'));
  const start = Buffer.from('\0\0\0\0\0\x03\0\0user\0postgres\0\0', 'latin1');
  start.writeInt32BE(start.length, 0);
  socket.write(start);
  await once(socket, 'data');
  const closed = once(socket, 'close');
  socket.write(Buffer.from('z\0\0\0\x04S\0\0\0\x04', 'latin1'));
  await closed;
}
