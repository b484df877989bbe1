import { randomBytes } from 'node:crypto';
import { describe } from 'vitest';
import { serverDatabase } from '../harness/databases.ts';
import { testRedisUrl } from '../harness/servers.ts';
import { wholeApp } from '../harness/whole-app.ts';
import { revocationSuite } from './revocation-suite.ts';

describe('ended on one node of two, used on the other', () =>
  revocationSuite(async () => {
    const database = await serverDatabase();
    const settings = {
      DATABASE_URL: database.url,
      REDIS_URL: testRedisUrl,
      ENCRYPTION_KEY: randomBytes(32).toString('base64'),
    };
    const [issuing, serving] = [await wholeApp({ settings }), await wholeApp({ settings })];
    return {
      issuing,
      serving,
      async close() {
        await Promise.all([issuing.close(), serving.close()]);
        await database.drop();
      },
    };
  }));
