import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { answers, testDatabaseUrl, testRedisUrl } from './test/harness/servers.ts';

/** Suites that need a server of their own are told by the ending of their name. */
const served = [
  { name: 'postgres', ending: 'pg', variable: 'TEST_DATABASE_URL', address: testDatabaseUrl },
  { name: 'redis', ending: 'redis', variable: 'TEST_REDIS_URL', address: testRedisUrl },
];

/**
 * Without its server a suite is left out, and one line says so: a fresh machine has none. Under CI
 * each of its files fails instead, so that nobody takes its silence for success.
 */
async function projects() {
  const found = [project('fast', { exclude: served.map(({ ending }) => pattern(ending)) })];
  for (const { name, ending, variable, address } of served) {
    const up = await answers(address);
    if (!up) process.stderr.write(`${name}: no server at ${variable}; ${verdict}\n`);
    const setupFiles = up ? [] : ['test/harness/server-missing.ts'];
    if (up || underCi) found.push(project(name, { include: [pattern(ending)], setupFiles }));
  }
  return found;
}

const underCi = process.env['CI'] === 'true';
const verdict = underCi ? 'under CI its tests fail.' : 'its tests are left out.';
const pattern = (ending: string) => `test/**/*.${ending}.test.ts`;

interface Selection {
  readonly include?: string[];
  readonly exclude?: string[];
  readonly setupFiles?: string[];
}

/**
 * Vite would take graphql's ES build while its dependents, loaded by Node, take the other one: two
 * copies that do not know each other's types.
 */
const oneGraphql = [
  { find: /^graphql$/, replacement: fileURLToPath(import.meta.resolve('graphql')) },
];

const project = (name: string, { include, exclude, setupFiles }: Selection) => ({
  resolve: { alias: oneGraphql },
  test: {
    name,
    include: include ?? ['test/**/*.test.ts'],
    exclude: ['**/node_modules/**', ...(exclude ?? [])],
    setupFiles: setupFiles ?? [],
  },
});

export default defineConfig(async () => ({
  test: {
    projects: await projects(),
    testTimeout: 20_000,
    hookTimeout: 30_000,
  },
}));
