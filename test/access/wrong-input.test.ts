import {
  type GraphQLArgument,
  type GraphQLInputType,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isUnionType,
} from 'graphql';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { schema } from '#schema';
import { tableTexts } from '../harness/table-texts.ts';
import { type WholeApp, wholeApp } from '../harness/whole-app.ts';
import { wrongValues } from './wrong-values.ts';

const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

/** Every place where a value can stand, `*` for a place in a list, save where there is no wrong. */
function placesOf(type: GraphQLInputType, path: string): string[] {
  if (isNonNullType(type)) return placesOf(type.ofType, path);
  if (isListType(type)) return placesOf(type.ofType, `${path}.*`);
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    return fields.flatMap((field) => placesOf(field.type, `${path}.${field.name}`));
  }
  return isEnumType(type) || type.name === 'Boolean' ? [] : [path];
}

const placeOf = (path: string) => path.replaceAll(/\.\d+(?=\.|$)/g, '.*');

it('every field of every mutation has a value that it does not take, or takes any', () => {
  expect(Object.keys(wrongValues).sort()).toEqual(mutations.map(({ name }) => name).sort());
  for (const { name, args } of mutations) {
    const { wrong = {}, any = [] } = wrongValues[name] ?? {};
    const places = args.flatMap((arg) => placesOf(arg.type, arg.name));
    expect([...Object.keys(wrong).map(placeOf), ...any].sort(), name).toEqual(places.sort());
  }
});

/** A list where its steps are numbers, else an object. */
function put(into: Record<string, unknown>, [step = '', ...rest]: string[], value: unknown): void {
  if (rest.length === 0) into[step] = value;
  else {
    into[step] ??= /^\d+$/.test(rest[0] ?? '') ? [] : {};
    put(into[step] as Record<string, unknown>, rest, value);
  }
}

function variablesOf(values: Readonly<Record<string, unknown>>): object {
  const variables: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(values)) put(variables, path.split('.'), value);
  return variables;
}

function documentOf({ name, args, type }: (typeof mutations)[number]): string {
  const result = getNamedType(type);
  const names = isUnionType(result) ? result.getTypes().map((member) => member.name) : [];
  const issues = names.includes('InvalidInputError')
    ? '... on InvalidInputError { issues { path message } }'
    : '';
  const each = (write: (arg: GraphQLArgument) => string) => args.map(write).join(', ');
  return `mutation (${each((arg) => `$${arg.name}: ${arg.type}`)}) {
    ${name}(${each((arg) => `${arg.name}: $${arg.name}`)}) { __typename ${issues} } }`;
}

let app: WholeApp;
beforeAll(async () => {
  app = await wholeApp();
}, 180_000);
afterAll(() => app?.close());

/** Where the server tells of itself that it is alive. */
const signsOfLife = ['clock', 'node_session'];

/** Everything that is there when all that was acknowledged is posted. */
async function kept(): Promise<ReadonlyMap<string, string>> {
  await app.admin.ask('{ organization(slug: "demo") { credits { balance } } }');
  return tableTexts(app.config);
}

it.each(mutations.filter(({ name }) => Object.keys(wrongValues[name]?.wrong ?? {}).length > 0))(
  '$name names all wrong fields in one answer, and does nothing',
  { timeout: 60_000 },
  async (mutation) => {
    const { wrong = {}, given = {} } = wrongValues[mutation.name] ?? {};
    const before = await kept();
    const { data, errors } = await app.admin.ask(
      documentOf(mutation),
      variablesOf({ ...given, ...wrong }),
    );
    const [refused] = errors ?? [];
    const paths = refused
      ? [(refused.extensions['path'] as string[] | undefined)?.join('.') ?? refused.message]
      : data[mutation.name].issues?.map(({ path }: { path: string }) => path);
    expect(paths?.sort()).toEqual(Object.keys(wrong).sort());
    const after = await kept();
    const changed = [...before].filter(([table, text]) => after.get(table) !== text);
    expect(changed.filter(([table]) => !signsOfLife.includes(table))).toEqual([]);
  },
);
