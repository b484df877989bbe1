import { rm } from 'node:fs/promises';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { silentLog, systemClock, systemRandom } from '#kernel';
import { openPatiently } from '../../src/app/patient-start.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { freshFolder, serverDatabase } from '../harness/databases.ts';
import { graphqlClient } from '../harness/graphql-client.ts';
import { type LossyProxy, lossyProxy } from '../harness/lossy-proxy.ts';
import { recordingLog } from '../harness/recording-log.ts';

const adminKey = 'the-administrator-of-this-test';

describe('a start while the database is away', () => {
  let database: Awaited<ReturnType<typeof serverDatabase>>;
  let way: LossyProxy;
  let dataDir: string;
  let stop: AbortController;

  beforeEach(async () => {
    database = await serverDatabase();
    const { hostname, port } = new URL(database.url);
    way = await lossyProxy({ host: hostname, port: Number(port) });
    await way.cut();
    dataDir = await freshFolder();
    stop = new AbortController();
  });
  afterEach(async () => {
    await way.close();
    await database.drop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const config = (): Config => {
    const url = new URL(database.url);
    url.hostname = '127.0.0.1';
    url.port = String(way.port);
    return readConfig({
      PORT: '0',
      DATA_DIR: dataDir,
      DATABASE_URL: url.href,
      ENCRYPTION_KEY: Buffer.alloc(32, 7).toString('base64'),
      ADMIN_KEY: adminKey,
    });
  };
  /** Begins to start; tells at which address it waits. */
  const begin = async () => {
    const log = recordingLog();
    const world = { clock: systemClock, random: systemRandom, log, version: '0.0.0' };
    const started = openPatiently({ config: config(), ...world, signal: stop.signal });
    const waitsAt = () => log.lines.find(({ fields }) => fields.address)?.fields.address ?? '';
    await expect.poll(waitsAt).toMatch(/^http/);
    return { started, url: waitsAt() };
  };
  const answer = async (url: string) => {
    const response = await fetch(url);
    return [response.status, JSON.stringify(await response.json())] as const;
  };

  test('it says that it is not ready and why, then begins at the same address', async () => {
    const { started, url } = await begin();
    expect((await answer(`${url}/health`))[0]).toBe(200);
    const reason = 'the database does not answer';
    expect(await answer(`${url}/ready`)).toEqual([
      503,
      JSON.stringify({ status: 'not ready', reason }),
    ]);
    for (const path of ['/graphql', '/v1/models', '/']) {
      const [status, body] = await answer(`${url}${path}`);
      expect([status, /starting/.test(body)]).toEqual([503, true]);
    }
    await way.heal();
    const app = await started;
    expect(app?.url).toBe(url);
    expect((await answer(`${url}/ready`))[0]).toBe(200);
    const { data } = await graphqlClient(url, adminKey).ask(
      '{ organization(slug: "demo") { credits { balance } } }',
    );
    expect(data.organization.credits.balance).toBe('10');
    await app?.close();
  }, 60_000);

  test('it waits for a database that takes no writes, and says so', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const name = new URL(database.url).pathname.slice(1);
    const setting = `ALTER DATABASE ${name} SET default_transaction_read_only`;
    await client.query(`${setting} = on`);
    const { started, url } = await begin();
    await way.heal();
    const said = async () => (await answer(`${url}/ready`))[1];
    await expect.poll(said).toContain('The database cannot do this now.');
    await client.query(`${setting} = off`);
    await client.end();
    const app = await started;
    expect((await answer(`${url}/ready`))[0]).toBe(200);
    await app?.close();
  }, 60_000);

  test('it ends when it is told to while it waits, and frees its address', async () => {
    const { started, url } = await begin();
    stop.abort();
    expect(await started).toBe(null);
    await expect(fetch(`${url}/ready`)).rejects.toThrow();
  }, 60_000);

  test('what waiting does not mend ends it at once', async () => {
    const wrong = { ...config(), databaseUrl: null, dataDir: '/dev/null/nowhere' };
    const world = { clock: systemClock, random: systemRandom, log: silentLog, version: '0.0.0' };
    const started = openPatiently({ config: wrong, ...world, signal: stop.signal });
    await expect(started).rejects.toThrow();
  });
});
