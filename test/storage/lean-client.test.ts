import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
// @ts-expect-error: plain JavaScript, because it runs at the install, on any Node
import { withFieldsFirst } from '../../prisma/fields-first.js';

const graph = (...bytes: number[]) => Buffer.from(bytes).toString('base64url');

describe('the fields that a query may have', () => {
  const strings = ['User.findOne', 'where', 'queryRaw', 'kind', 'Kind'];
  const [user, where, kind, Kind] = [0, 1, 3, 4];
  const given = [
    [1, 1, 1], // one place with fields, one of results, one query
    [2, where, 9, 9, 1, 0, 32, kind, 9, 9, 0, Kind + 1, 2],
    [1, kind, 0, 1],
    [user, 1, 1],
  ].flat();

  it('are numbered before the queries, with all that is said of them', () => {
    const lean = withFieldsFirst({ strings, graph: graph(...given) });
    expect(lean.strings).toEqual(['where', 'kind', 'Kind', 'User.findOne', 'queryRaw']);
    const said = [1, 1, 1, 2, 0, 9, 9, 1, 0, 32, 1, 9, 9, 0, 3, 2, 1, 1, 0, 1, 3, 1, 1];
    expect([...Buffer.from(lean.graph, 'base64url')]).toEqual(said);
  });

  it('may have numbers of several bytes', () => {
    const many = Array.from({ length: 200 }, (_, index) => `q.${index}`);
    const lean = withFieldsFirst({ strings: [...many, 'a'], graph: graph(0, 0, 1, 0, 0, 0xac, 2) });
    expect([...Buffer.from(lean.graph, 'base64url')]).toEqual([0, 0, 1, 1, 0, 0xac, 2]);
    const back = withFieldsFirst({
      strings: ['b', ...many, 'a'],
      graph: graph(0, 0, 1, 200, 1, 0, 0),
    });
    expect([...Buffer.from(back.graph, 'base64url')]).toEqual([0, 0, 1, 201, 1, 0, 0]);
  });

  it('are refused in another form', () => {
    expect(() => withFieldsFirst({ strings, graph: graph(...given, 0) })).toThrow('new form');
  });

  it('are so in the client that was generated', async () => {
    const url = new URL('../../src/storage/generated/prisma/internal/class.ts', import.meta.url);
    const [, quoted] = /strings: JSON\.parse\((".*")\),$/m.exec(await readFile(url, 'utf8')) ?? [];
    const names: string[] = JSON.parse(JSON.parse(quoted ?? ''));
    const queries = names.findIndex((name) => name.includes('.'));
    expect(queries).toBeGreaterThan(100);
    expect(names.slice(queries).filter((name) => !/\.|Raw$/.test(name))).toEqual([]);
  });
});

it('the query compiler is read from its file, not kept as a module', async () => {
  const url = new URL('../../src/storage/generated/prisma/internal/class.ts', import.meta.url);
  expect(await readFile(url, 'utf8')).not.toMatch(/import\([^)]*wasm-base64/);
});
