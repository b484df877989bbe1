import { readFileSync } from 'node:fs';
import {
  buildSchema,
  isEnumType,
  isObjectType,
  lexicographicSortSchema,
  printSchema,
} from 'graphql';
import { expect, it } from 'vitest';
import { schema } from '#schema';

it('every promise is described: types, fields, arguments, input fields and enum values', () => {
  const silent: string[] = [];
  const check = (name: string, { description }: { description?: string | null | undefined }) => {
    if (!description) silent.push(name);
  };
  for (const [name, type] of Object.entries(schema.getTypeMap())) {
    if (name.startsWith('__')) continue;
    check(name, type);
    if ('getValues' in type) for (const value of type.getValues()) check(value.name, value);
    if (!('getFields' in type)) continue;
    for (const field of Object.values(type.getFields())) {
      check(`${name}.${field.name}`, field);
      const args = 'args' in field ? field.args : [];
      for (const arg of args) check(`${name}.${field.name}(${arg.name}:)`, arg);
    }
  }
  expect(silent).toEqual([]);
});

it('a value of an enum is its name: compiled code gives it out as it is', () => {
  const renamed = Object.values(schema.getTypeMap())
    .flatMap((type) => (isEnumType(type) ? type.getValues() : []))
    .filter(({ name, value }) => name !== value);
  expect(renamed).toEqual([]);
});

it('a secret is told by nothing but the answer of who makes it', () => {
  const secret = /^(secret|token|password)|sealed/i;
  const told = Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) && !type.name.startsWith('__')
      ? Object.keys(type.getFields())
          .filter((field) => secret.test(field) && !/^tokens/.test(field))
          .map((field) => `${type.name}.${field}`)
      : [],
  );
  expect(told.sort()).toEqual([
    'CreateApiKeyPayload.secret',
    'InviteMemberPayload.token',
    'RotateApiKeyPayload.secret',
  ]);
});

it('the committed schema is the served one', () => {
  const committed = readFileSync(new URL('../../schema/schema.graphql', import.meta.url), 'utf8');
  const printed = lexicographicSortSchema(schema);
  expect(printSchema(buildSchema(committed))).toBe(printSchema(printed));
});
