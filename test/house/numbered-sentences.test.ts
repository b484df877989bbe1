import { expect, it } from 'vitest';
import { filesOf, textOf } from './files.ts';

/** Titles name the sentence that they hold: `STREAM 5: joins deltas …`. */
const titled = /\b(?:it|test)\(\s*['`]STREAM (\d+): /g;
const numbered = /^(\d+)\. /gm;

const numbersIn = (text: string, form: RegExp) =>
  [...text.matchAll(form)].map(([, number]) => Number(number));

it('every numbered sentence of docs/STREAM.md has its test, and no test names another', () => {
  const promised = numbersIn(textOf('docs/STREAM.md'), numbered);
  const tested = filesOf('test/**/*.test.ts', 'test/**/*-suite.ts').flatMap((path) =>
    numbersIn(textOf(path), titled),
  );
  expect(promised).toEqual(promised.map((_, index) => index + 1));
  expect([...new Set(tested)].sort((a, b) => a - b)).toEqual(promised);
});
