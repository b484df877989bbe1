import { expect, test } from 'vitest';
import { Lookup } from '../../src/identity/access/lookup.ts';

interface Thing {
  id: string;
  names: string[];
}
const lookup = () =>
  new Lookup<Thing>(
    (thing) => thing.id,
    (thing) => thing.names,
  );

test('a value is found by its id and by each of its names', () => {
  const things = lookup();
  things.replace([], [{ id: '1', names: ['a', 'b'] }]);
  expect(things.get('1')).toBe(things.named('a'));
  expect(things.named('b')?.id).toBe('1');
  expect(things.named('c')).toBeUndefined();
});

test('a name that a value no longer has leads nowhere', () => {
  const things = lookup();
  things.replace([], [{ id: '1', names: ['a', 'b'] }]);
  things.replace(['1'], [{ id: '1', names: ['b', 'c'] }]);
  expect([things.named('a'), things.named('b')?.id, things.named('c')?.id]).toEqual([
    undefined,
    '1',
    '1',
  ]);
});

test('what is replaced by nothing is gone with its names', () => {
  const things = lookup();
  things.replace([], [{ id: '1', names: ['a'] }]);
  things.replace(things.ids(), []);
  expect([things.get('1'), things.named('a'), [...things.values()]]).toEqual([
    undefined,
    undefined,
    [],
  ]);
});

test('two values that trade names keep them, in whichever order they are told', () => {
  for (const order of [
    ['1', '2'],
    ['2', '1'],
  ]) {
    const things = lookup();
    const swapped = [
      { id: '1', names: ['b'] },
      { id: '2', names: ['a'] },
    ];
    things.replace(
      [],
      [
        { id: '1', names: ['a'] },
        { id: '2', names: ['b'] },
      ],
    );
    things.replace(
      [],
      order.map((id) => swapped.find((thing) => thing.id === id) ?? swapped[0]) as Thing[],
    );
    expect([things.named('a')?.id, things.named('b')?.id]).toEqual(['2', '1']);
  }
});
