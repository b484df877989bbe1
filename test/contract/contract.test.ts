import { existsSync, readFileSync } from 'node:fs';
import { buildSchema, type GraphQLSchema, lexicographicSortSchema, printSchema } from 'graphql';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, compare, ownTypes } from './comparison.ts';
import { undescribed } from './descriptions.ts';
import { contract, contractText, missingFile } from './promised.ts';

const given = new URL('../../../shared/contract/api.graphql', import.meta.url);

if (existsSync(given)) {
  it('the copy of the contract is the contract, byte for byte', () => {
    expect(contractText).toBe(readFileSync(given, 'utf8'));
  });
}

it('a part without a description is found, whatever it is', () => {
  const silent =
    'type Query { a(b: I): E } input I { c: Int } enum E { X } union U = Query scalar S';
  expect(ownTypes(buildSchema(silent)).flatMap(undescribed).sort()).toEqual(
    ['E', 'E.X', 'I', 'I.c', 'Query', 'Query.a', 'Query.a(b:)', 'S', 'U'].sort(),
  );
});

describe('the served schema', () => {
  let served: GraphQLSchema;
  let comparison: Comparison;
  beforeAll(async () => {
    served = (await import('#schema')).schema;
    comparison = compare(contract, served);
  });

  it('what is served and what is listed as missing are the contract, exactly', () => {
    const listed = readFileSync(missingFile, 'utf8').split('\n').filter(Boolean);
    const missing = new Set(comparison.missing);
    expect({
      listedAndServed: listed.filter((place) => !missing.has(place)),
      missingAndNotListed: comparison.missing.filter((place) => !listed.includes(place)),
      listedTwice: listed.filter((place, index) => listed.indexOf(place) !== index),
    }).toEqual({ listedAndServed: [], missingAndNotListed: [], listedTwice: [] });
  });

  it('nothing is served otherwise than promised', () => {
    expect(comparison.wrong).toEqual([]);
  });

  it('every part of the API is described', () => {
    expect(ownTypes(served).flatMap(undescribed)).toEqual([]);
  });

  it('schema/schema.graphql is the served schema as it prints', () => {
    const printed = readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8');
    const now = `${printSchema(lexicographicSortSchema(served))}\n`;
    expect(printed === now ? '' : 'It changed: run `npm run schema:print` and commit it.').toBe('');
  });
});
