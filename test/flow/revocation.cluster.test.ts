import { randomBytes } from 'node:crypto';
import { describe } from 'vitest';
import { serverDatabase } from '../harness/databases.ts';
import { lossyProxy } from '../harness/lossy-proxy.ts';
import { testRedisUrl } from '../harness/servers.ts';
import { wholeApp } from '../harness/whole-app.ts';
import { type Place, revocationSuite } from './revocation-suite.ts';

/** Two nodes on one database; the one where keys are used has this way to the bus. */
async function twoNodes(redisUrl: string): Promise<Place> {
  const database = await serverDatabase();
  const settings = {
    DATABASE_URL: database.url,
    REDIS_URL: testRedisUrl,
    ENCRYPTION_KEY: randomBytes(32).toString('base64'),
  };
  const issuing = await wholeApp({ settings });
  const serving = await wholeApp({ settings: { ...settings, REDIS_URL: redisUrl } });
  return {
    issuing,
    serving,
    async close() {
      await Promise.all([issuing.close(), serving.close()]);
      await database.drop();
    },
  };
}

describe('ended on one node of two, used on the other', () =>
  revocationSuite(() => twoNodes(testRedisUrl)));

describe('ended on one node of two, used on another that the bus does not reach', () =>
  revocationSuite(async () => {
    const redis = new URL(testRedisUrl);
    const way = await lossyProxy({ host: redis.hostname, port: Number(redis.port || 6379) });
    redis.host = `127.0.0.1:${way.port}`;
    const place = await twoNodes(String(redis));
    await way.cut();
    return {
      ...place,
      async close() {
        await place.close();
        await way.close();
      },
    };
  }));
