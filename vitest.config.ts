import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { answers, testDatabaseUrl, testRedisUrl } from './test/harness/servers.ts';

const database = { variable: 'TEST_DATABASE_URL', address: testDatabaseUrl };
const redis = { variable: 'TEST_REDIS_URL', address: testRedisUrl };

/** Suites that need servers of their own are told by the ending of their name. */
const served = [
  { name: 'postgres', ending: 'pg', servers: [database] },
  { name: 'redis', ending: 'redis', servers: [redis] },
  { name: 'cluster', ending: 'cluster', servers: [database, redis] },
];

/**
 * Without its server a suite is left out, and one line says so: a fresh machine has none. Under CI
 * each of its files fails instead, so that nobody takes its silence for success.
 */
async function projects() {
  const found = [project('fast', { exclude: served.map(({ ending }) => pattern(ending)) })];
  for (const { name, ending, servers } of served) {
    const missing = await missingOf(servers);
    const up = missing.length === 0;
    if (!up) process.stderr.write(`${name}: no server at ${missing.join(', ')}; ${verdict}\n`);
    const setupFiles = up ? [] : ['test/harness/server-missing.ts'];
    if (up || underCi) found.push(project(name, { include: [pattern(ending)], setupFiles }));
  }
  return found;
}

async function missingOf(servers: readonly (typeof database)[]): Promise<string[]> {
  const up = await Promise.all(servers.map(({ address }) => answers(address)));
  return servers.filter((_server, index) => !up[index]).map(({ variable }) => variable);
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
    // Every file would read the whole server anew: half of all the time. None of them changes a
    // module, so they share those of their worker.
    isolate: false,
    maxWorkers: '100%',
    testTimeout: 30_000,
    hookTimeout: 120_000,
    // A second by default, which asks how fast the machine is.
    expect: { poll: { timeout: 20_000 } },
  },
}));
