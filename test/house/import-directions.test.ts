import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const config = join(root, '.ci/import-directions.js');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bourse-directions-'));
  await cp(join(root, 'package.json'), join(folder, 'package.json'));
  await symlink(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rm(folder, { recursive: true }));

/** The rules that a small house of these files breaks, as `rule: file`. */
async function violations(files: Record<string, string>): Promise<string[]> {
  await rm(join(folder, 'src'), { recursive: true, force: true });
  await rm(join(folder, 'schema'), { recursive: true, force: true });
  for (const [path, text] of Object.entries({ 'schema/index.ts': 'export {}', ...files })) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  const { summary } = JSON.parse(await cruise()) as {
    summary: { violations: { from: string; rule: { name: string } }[] };
  };
  return summary.violations.map(({ rule, from }) => `${rule.name}: ${from}`).sort();
}

function cruise(): Promise<string> {
  const tool = join(root, 'node_modules/.bin/depcruise');
  const words = [tool, '--config', config, '--output-type', 'json', 'src', 'schema'];
  return new Promise((resolve) => {
    execFile(process.execPath, words, { cwd: folder }, (_, stdout) => resolve(stdout));
  });
}

const kernel = { 'src/kernel/index.ts': 'export const one = 1;' };

it('a house that keeps the directions passes', async () => {
  const found = await violations({
    ...kernel,
    'src/bus/index.ts': "export { topic } from './topic.ts';",
    'src/bus/topic.ts': "import { one } from '#kernel'; export const topic = one;",
    'src/http/index.ts': "import '#schema'; import '#kernel'; import 'graphql'; export {};",
    'src/app.ts': "import '#http'; import '#bus'; import './config.ts';",
    'src/credits/stripe.ts': "import type S from 'stripe'; export const s = import('stripe');",
    'src/config.ts': "import '#kernel';",
  });
  expect(found).toEqual([]);
});

describe('a forbidden import is found:', () => {
  const forbidden: [string, string, Record<string, string>][] = [
    [
      'of a neighbour, also when only a type is imported',
      'floor-of-src/bus: src/bus/index.ts',
      {
        'src/bus/index.ts': "import type { Row } from '#storage'; export type Two = Row;",
        'src/storage/index.ts': 'export type Row = 1;',
      },
    ],
    [
      'of a higher floor',
      'floor-of-src/kernel: src/kernel/index.ts',
      { 'src/kernel/index.ts': "import '#bus';", 'src/bus/index.ts': 'export {};' },
    ],
    [
      'of the schema from the machine',
      'floor-of-src/routing: src/routing/index.ts',
      { 'src/routing/index.ts': "import '#schema';" },
    ],
    [
      'of a file that joins rooms',
      'floor-of-src/bus: src/bus/index.ts',
      { 'src/bus/index.ts': "import '../config.ts';", 'src/config.ts': 'export {};' },
    ],
    [
      'of a part of what joins rooms',
      'floor-of-src/bus: src/bus/index.ts',
      { 'src/bus/index.ts': "import '../app/load.ts';", 'src/app/load.ts': 'export {};' },
    ],
    [
      'past a door',
      'door-of-src/kernel: src/app.ts',
      { ...kernel, 'src/kernel/money.ts': '', 'src/app.ts': "import './kernel/money.ts';" },
    ],
    [
      'of a room by its path',
      'name-of-src/kernel: src/bus/index.ts',
      { ...kernel, 'src/bus/index.ts': "import '../kernel/index.ts';" },
    ],
    [
      'in a circle',
      'no-cycle: src/kernel/a.ts',
      { 'src/kernel/a.ts': "import './b.ts';", 'src/kernel/b.ts': "import './a.ts';" },
    ],
    ['of nothing', 'resolvable: src/app.ts', { 'src/app.ts': "import '#nothing';" }],
    [
      'of GraphQL below the edge',
      'graphql-stays-outside: src/bus/index.ts',
      { 'src/bus/index.ts': "import 'graphql';" },
    ],
    [
      'of what many a node never needs, unless it is used',
      'loaded-when-used: src/bus/index.ts',
      { 'src/bus/index.ts': "import { createClient } from 'redis'; createClient();" },
    ],
    [
      'of a file that brings it along',
      'loaded-when-used: src/bus/index.ts',
      { 'src/bus/index.ts': "import './link.ts';", 'src/bus/link.ts': "import 'redis';" },
    ],
    [
      'of a tool for development',
      'installed-in-production: src/bus/index.ts',
      { 'src/bus/index.ts': "import 'fast-check';" },
    ],
  ];
  it.each(forbidden)('%s', async (_, violation, files) => {
    expect(await violations(files)).toContain(violation);
  });
});
