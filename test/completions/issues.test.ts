import { expect, it } from 'vitest';
import { Issues } from '../../src/completions/input/issues.ts';
import { InvalidInput } from '../../src/kernel/index.ts';

function found(look: (issues: Issues) => void): readonly { path: string; message: string }[] {
  const issues = new Issues();
  look(issues);
  try {
    issues.throwIfAny();
    return [];
  } catch (thrown) {
    if (thrown instanceof InvalidInput) return thrown.issues;
    throw thrown;
  }
}

const nested = (levels: number): object => (levels === 1 ? {} : { in: [nested(levels - 2)] });

it.each([
  ['the least', 0],
  ['the most', 2],
  ['nothing', null],
  ['nothing at all', undefined],
])('takes %s', (_name, value) => {
  expect(found((issues) => issues.number('n', value, [0, 2]))).toEqual([]);
});

it.each([-0.001, 2.001, Number.NaN, Number.POSITIVE_INFINITY])('does not take %d', (value) => {
  expect(found((issues) => issues.number('n', value, [0, 2]))).toMatchObject([{ path: 'n' }]);
});

it('counts a text in characters and a list in entries', () => {
  expect(found((issues) => issues.text('t', 'four', [1, 4]))).toEqual([]);
  expect(found((issues) => issues.text('t', '', [1, 4]))).toMatchObject([{ path: 't' }]);
  expect(found((issues) => issues.list('l', [1, 2, 3], 2))).toMatchObject([{ path: 'l' }]);
});

it('takes objects alone, lists within counting as levels too', () => {
  for (const value of [null, 'x', [], 3]) {
    expect(found((issues) => issues.object('o', value, 3))).toMatchObject([{ path: 'o' }]);
  }
  expect(found((issues) => issues.object('o', nested(3), 3))).toEqual([]);
  expect(found((issues) => issues.object('o', nested(5), 3))).toMatchObject([{ path: 'o' }]);
});

it('a hostile depth is found out without being walked', () => {
  let hostile: object = {};
  for (let level = 0; level < 100_000; level++) hostile = { in: hostile };
  expect(found((issues) => issues.object('o', hostile, 32))).toMatchObject([{ path: 'o' }]);
});

it('says everything that is wrong at once', () => {
  const all = found((issues) => {
    issues.number('a', 9, [0, 2]);
    issues.add('b', 'It is missing.', 'something');
  });
  expect(all.map(({ path }) => path)).toEqual(['a', 'b']);
});

it('says a hundred of a million that are wrong', () => {
  const all = found((issues) => {
    for (let at = 0; at < 1_000_000; at++) issues.add(`${at}`, 'It is missing.');
  });
  expect(all.at(-1)?.path).toBe('99');
});
