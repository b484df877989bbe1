import pg from 'pg';
import { expect, test } from 'vitest';
import { Secret, silentLog, systemClock } from '#kernel';
import { openStorage } from '#storage';
import { serverDatabase } from '../harness/databases.ts';
import { storageSuite } from './storage-suite.ts';

storageSuite('server');

test('moments are read whatever the server writes them like for others', async () => {
  const { url, drop } = await serverDatabase();
  const client = new pg.Client(url);
  await client.connect();
  const name = new URL(url).pathname.slice(1);
  for (const taste of ["datestyle = 'German'", "timezone = 'Pacific/Auckland'"]) {
    await client.query(`ALTER DATABASE ${name} SET ${taste}`);
  }
  await client.end();
  const place = { databaseUrl: new Secret(url), dataDir: '', clock: systemClock, log: silentLog };
  const storage = await openStorage(place);
  const moment = '2026-03-29T01:30:00.123Z';
  const [row] = await storage.query('SELECT $1::timestamptz AS at', [moment]);
  expect(row).toEqual({ at: new Date(moment) });
  await storage.close();
  await drop();
}, 60_000);
