import { expect, test } from 'vitest';
import { jsonExample } from '../../../src/upstream/sandbox/json-example.ts';

test.each<[string, unknown, unknown]>([
  ['a constant', { const: 5 }, 5],
  ['a default', { type: 'string', default: 'x' }, 'x'],
  ['one of a list', { enum: ['b', 'a'] }, 'b'],
  ['what is required alone', { properties: { a: {}, b: {} }, required: ['b'] }, { b: 'text' }],
  ['all where nothing is required', { properties: { a: { type: 'null' } } }, { a: null }],
  ['as many items as are asked for', { type: 'array', items: { const: 1 }, minItems: 2 }, [1, 1]],
  ['a number within its bounds', { type: 'number', exclusiveMinimum: 4 }, 5],
  ['a number below its maximum', { type: 'integer', maximum: -3 }, -3],
  ['a multiple', { type: 'integer', minimum: 7, multipleOf: 5 }, 10],
  ['a long enough text', { type: 'string', minLength: 6 }, 'text..'],
  ['a short enough text', { type: 'string', maxLength: 2 }, 'te'],
  ['a date', { type: 'string', format: 'date' }, '2026-01-01'],
  ['a text where there is no such format', { type: 'string', format: 'constructor' }, 'text'],
  [
    'a text of what is only named',
    { properties: {}, required: ['constructor'] },
    { constructor: 'text' },
  ],
  ['the first type of several', { type: ['boolean', 'null'] }, true],
  ['the first alternative', { anyOf: [{ type: 'boolean' }, { type: 'string' }] }, true],
  [
    'all parts of a whole',
    { allOf: [{ properties: { a: { const: 1 } } }, { properties: { b: { const: 2 } } }] },
    { a: 1, b: 2 },
  ],
  ['what is pointed at', { $ref: '#/$defs/n', $defs: { n: { const: 3 } } }, 3],
])('says %s', (_, schema, expected) => {
  expect(jsonExample(schema)).toEqual(expected);
});

test('a schema that contains itself comes to an end', () => {
  const tree = {
    type: 'object',
    properties: { child: { $ref: '#' } },
    required: ['child'],
  };
  expect(JSON.stringify(jsonExample(tree)).length).toBeLessThan(1_000);
});

const halves = Array.from({ length: 40 }, (_, at) => {
  const half = { $ref: `#/$defs/n${at + 1}` };
  return [`n${at}`, { type: 'object', required: ['a', 'b'], properties: { a: half, b: half } }];
});

test.each<[string, unknown]>([
  ['a billion items', { type: 'array', minItems: 1e9 }],
  ['a text of a billion characters', { type: 'string', minLength: 1e9 }],
  ['a thousand lists in each of a thousand', lists(1_000, 6)],
  ['twice as much on each level', { $ref: '#/$defs/n0', $defs: Object.fromEntries(halves) }],
  ['the same long text over and over', lists(1_000, 2, { const: 'x'.repeat(1_000) })],
  ['a wide schema over and over', lists(1_000, 2, Object.fromEntries(many('k', 1_000)))],
])('a schema that asks for %s gets an example of bounded size', (_, schema) => {
  expect(JSON.stringify(jsonExample(schema)).length).toBeLessThan(500_000);
});

function lists(length: number, levels: number, items: unknown = {}): unknown {
  return levels === 0
    ? items
    : { type: 'array', minItems: length, items: lists(length, levels - 1, items) };
}

function many(name: string, count: number) {
  return Array.from({ length: count }, (_, at) => [`${name}${at}`, 1] as const);
}
