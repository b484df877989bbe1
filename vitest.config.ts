import { defineConfig } from 'vitest/config';
import { answers, testDatabaseUrl, testRedisUrl } from './test/harness/servers.ts';

/** Suites that need a server of their own are told by the ending of their name. */
const served = [
  { name: 'postgres', ending: 'pg', variable: 'TEST_DATABASE_URL', address: testDatabaseUrl },
  { name: 'redis', ending: 'redis', variable: 'TEST_REDIS_URL', address: testRedisUrl },
];

/**
 * Without its server a suite is left out, and one line says so: a fresh machine has none. Under CI
 * it runs all the same and fails, so that nobody takes its silence for success.
 */
async function projects() {
  const found = [project('fast', 'test/**/*.test.ts', ['**/*.pg.test.ts', '**/*.redis.test.ts'])];
  for (const { name, ending, variable, address } of served) {
    const up = await answers(address);
    if (!up) process.stderr.write(`${name}: no server at ${variable}; ${verdict(name)}\n`);
    if (up || underCi) found.push(project(name, `test/**/*.${ending}.test.ts`, []));
  }
  return found;
}

const underCi = process.env['CI'] === 'true';

const verdict = (name: string) =>
  underCi ? `its tests must run under CI and will fail.` : `tests of project ${name} are left out.`;

const project = (name: string, include: string, exclude: string[]) => ({
  test: { name, include: [include], exclude: ['**/node_modules/**', ...exclude] },
});

export default defineConfig(async () => ({
  test: {
    projects: await projects(),
    testTimeout: 20_000,
    hookTimeout: 30_000,
    passWithNoTests: true,
  },
}));
