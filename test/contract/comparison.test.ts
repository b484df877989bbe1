import { buildSchema } from 'graphql';
import { expect, it } from 'vitest';
import { compare } from './comparison.ts';

const found = (contract: string, served: string) => {
  const { missing, wrong } = compare(buildSchema(contract), buildSchema(served));
  return [...missing.map((place) => `- ${place}`), ...wrong];
};

const query = 'type Query { a: Int }';

it.each([
  ['a type', `${query} type A { b: Int }`, query, ['- A']],
  ['a field', 'type Query { a: Int b: Int }', query, ['- Query.b']],
  ['an argument', 'type Query { a(b: Int): Int }', query, ['- Query.a(b:)']],
  ['an enum value', `${query} enum E { X Y }`, `${query} enum E { X }`, ['- E.Y']],
  [
    'an input field',
    `${query} input I { a: Int b: Int }`,
    `${query} input I { a: Int }`,
    ['- I.b'],
  ],
  [
    'a union member',
    `${query} type A { a: Int } type B { b: Int } union U = A | B`,
    `${query} type A { a: Int } type B { b: Int } union U = A`,
    ['- U | B'],
  ],
  [
    'an interface',
    `${query} interface N { a: Int } type A implements N { a: Int }`,
    `${query} interface N { a: Int } type A { a: Int }`,
    ['- A & N'],
  ],
])('what is missing is named: %s', (_, contract, served, places) => {
  expect(found(contract, served)).toEqual(places);
});

it.each([
  ['another type', `${query} type A { b: Int }`, `${query} type A { b: String }`],
  ['a null where none was', `${query} type A { b: Int! }`, `${query} type A { b: Int }`],
  ['a null within a list', `${query} type A { b: [Int!] }`, `${query} type A { b: [Int]! }`],
  ['one instead of a list', `${query} type A { b: [Int] }`, `${query} type A { b: Int }`],
  ['a stricter root field', query, 'type Query { a: Int! }'],
  ['another kind', `${query} type A { b: Int }`, `${query} interface A { b: Int }`],
  ['another default', 'type Query { a(b: Int = 1): Int }', 'type Query { a(b: Int = 2): Int }'],
  ['no default', 'type Query { a(b: Int = 1): Int }', 'type Query { a(b: Int): Int }'],
  ['a stricter argument', 'type Query { a(b: Int): Int }', 'type Query { a(b: Int!): Int }'],
  ['a looser argument', 'type Query { a(b: Int!): Int }', 'type Query { a(b: Int): Int }'],
  ['a new required argument', query, 'type Query { a(b: Int!): Int }'],
  ['a stricter input', `${query} input I { a: Int }`, `${query} input I { a: Int! }`],
  ['a free choice', `${query} input I @oneOf { a: Int }`, `${query} input I { a: Int }`],
  ['a new required input', `${query} input I { a: Int }`, `${query} input I { a: Int b: Int! }`],
  [
    'one of two members stricter',
    `${query} type A { c: Int } type B { c: Int } union U = A | B`,
    `${query} type A { c: Int! } type B { c: Int } union U = A | B`,
  ],
])('what is served otherwise is named: %s', (_, contract, served) => {
  expect(found(contract, served)).toEqual([expect.stringMatching(/^[A-Z]/)]);
});

it.each([
  ['more types, fields, values', query, `${query} type A { b: Int } enum E { X }`],
  ['stricter fields of one type', `${query} type A { b: [Int] }`, `${query} type A { b: [Int!]! }`],
  ['new optional arguments', query, 'type Query { a(b: Int, c: Int! = 1): Int }'],
  ['another description', `${query} "A" type A { b: Int }`, `${query} "B" type A { b: Int }`],
])('what harms no client is served freely: %s', (_, contract, served) => {
  expect(found(contract, served)).toEqual([]);
});
