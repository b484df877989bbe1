import { afterAll } from 'vitest';
import { emptyDatabase } from '../harness/databases.ts';
import { killedSuite } from './killed-suite.ts';

const drops: (() => Promise<void>)[] = [];

afterAll(async () => {
  for (const drop of drops) await drop();
});

killedSuite('server', async () => {
  const { address, drop } = await emptyDatabase('server');
  drops.push(drop);
  return 'url' in address ? address.url : null;
});
