import { describe, expect, test } from 'vitest';
import { filesOf, textOf } from '../house/files.ts';

const numbersIn = (files: readonly string[], form: RegExp) =>
  new Set(files.flatMap((file) => [...textOf(file).matchAll(form)].map(([, n]) => Number(n))));

const all = Array.from({ length: 32 }, (_, index) => index + 1);
const sorted = (numbers: ReadonlySet<number>) => [...numbers].sort((a, b) => a - b);

describe('the interleavings that the protocol guards against', () => {
  test('each has a scenario whose title carries its number', () => {
    const titles = /^\s*(?:it|test)\(\s*'§(\d+) /gm;
    expect(sorted(numbersIn(filesOf('test/**/*.ts'), titles))).toEqual(all);
  });

  test('each is told in docs/LEDGER.md, with what closes it', () => {
    expect(sorted(numbersIn(['docs/LEDGER.md'], /^\| §(\d+) \|/gm))).toEqual(all);
  });

  test('§3 no transaction of several statements stands in the room of money', () => {
    // One locks a folder, the others write settings and the audit log: none of them moves money.
    const others = ['journal/folder', 'billing/recorded', 'billing/movement-events'].map(
      (name) => `src/credits/${name}.ts`,
    );
    const all = filesOf('src/credits/**/*.ts');
    expect(all).toEqual(expect.arrayContaining(others));
    const sources = all.filter((file) => !others.includes(file));
    const interactive = /\$transaction|\.write\(async|'BEGIN'|"BEGIN"/;
    const guilty = sources.filter((file) => interactive.test(textOf(file)));
    expect(guilty).toEqual([]);
  });
});
