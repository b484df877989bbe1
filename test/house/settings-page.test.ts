import { expect, it } from 'vitest';
import { readConfig } from '#config';
import { textOf } from './files.ts';

/** The rows of docs/SETTINGS.md: a variable, and in code what stands in for it when it is unset. */
const rows = [...textOf('docs/SETTINGS.md').matchAll(/^\| `(\w+)` \| (?:`(.*?)`|.*?) \|/gm)].map(
  ([, name = '', standIn]) => ({ name, standIn }),
);
const defaults = rows.flatMap(({ name, standIn }) => (standIn ? [{ name, standIn }] : []));

/** A setting's own value: functions read variables that the catalog names. */
const valuesOf = (environment: Record<string, string>) =>
  Object.entries(readConfig(environment)).filter(([, value]) => typeof value !== 'function');

it('docs/SETTINGS.md has a row for every variable that is read, and for no other', () => {
  const read = new Set<string>();
  const told = (_: object, name: string) => void read.add(name);
  readConfig(new Proxy({}, { get: told }));
  expect(rows.map(({ name }) => name).sort()).toEqual([...read].sort());
});

it.each(defaults)('$name is $standIn when it is unset, as the page says', ({ name, standIn }) => {
  expect(valuesOf({ [name]: standIn })).toEqual(valuesOf({}));
});
