import { expect, it } from 'vitest';
import { filesOf, textOf } from './files.ts';
import { noOwnPaths } from './text-rules.ts';

const lock = textOf('package-lock.json');
const packages = Object.keys((JSON.parse(lock) as { packages: object }).packages);

it("there is one copy of graphql: two would not know each other's types", () => {
  expect(copiesOf('graphql', packages)).toEqual(['node_modules/graphql']);
  const twice = ['node_modules/graphql', 'node_modules/a/node_modules/graphql', 'node_modules/b'];
  expect(copiesOf('graphql', twice)).toHaveLength(2);
});

it('the lock file names no host to download from, so that it holds behind any registry', () => {
  expect(lock).not.toMatch(hosts);
  expect('"resolved": "https://a.example/b.tgz"').toMatch(hosts);
  expect('"https://registry.npmjs.org/a"').toMatch(hosts);
});

it("no text names a path of somebody's machine", () => {
  const texts = filesOf(
    '{src,schema,test,prisma,bin,.ci,docs,console}/**/*.{md,json,graphql,prisma,sql,txt,html,css,sh}',
    '*.{md,json}',
    '.ci/run',
  ).filter((path) => path !== 'package-lock.json');
  const broken = texts.flatMap((path) =>
    noOwnPaths({ lines: textOf(path).split('\n') }).map(({ line }) => `${path}:${line}`),
  );
  expect(texts).toContain('package.json');
  expect(broken).toEqual([]);
});

const hosts = /"resolved": *"https?:|https?:\/\/[^"\s]*\bregistry\b/;

const copiesOf = (name: string, places: readonly string[]) =>
  places.filter((place) => place.endsWith(`node_modules/${name}`));
