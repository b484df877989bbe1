import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { importSnapshot } from '../../src/catalog/catalog.ts';
import { catalogLock } from '../../src/catalog/telling.ts';
import { freshDatabase } from '../harness/databases.ts';
import { testDatabaseUrl } from '../harness/servers.ts';
import { virtualClock } from '../harness/virtual-clock.ts';
import { catalogSuite } from './catalog-suite.ts';
import { small } from './market-maker.ts';

describe('the catalog on a PostgreSQL server', () => catalogSuite('server'));

it('a node that starts while another one imports waits for as long as that takes', async () => {
  const storage = await freshDatabase('server');
  const url = new URL(testDatabaseUrl);
  const [row] = await storage.query<{ name: string }>('SELECT current_database() AS name', []);
  url.pathname = row?.name ?? '';
  const other = new pg.Client(url.href);
  await other.connect();
  await other.query(`SELECT pg_advisory_lock(${catalogLock})`);
  const importing = importSnapshot({ storage, clock: virtualClock() }, small);
  importing.catch(() => undefined); // told below
  const waiters = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;
  const waiting = async (count: number) => {
    while ((await other.query(waiters)).rows.length !== count);
  };
  await waiting(1);
  await waiting(0); // it was told that it had waited for too long
  await other.query(`SELECT pg_advisory_unlock(${catalogLock})`);
  expect(await importing).toBe(true);
  await other.end();
  await storage.close();
});
