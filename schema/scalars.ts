import { GraphQLError, Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { DateTimeResolver, SafeIntResolver } from 'graphql-scalars';
import { formatMoney, jsonDepthMax, type Money, nestedWithin } from '#kernel';
import { builder } from './builder.ts';

builder.scalarType('DateTime', {
  description: 'RFC 3339, UTC, as `2026-11-24T09:30:00.000Z`.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value) => value,
  parseValue: (value) => inCalendar(DateTimeResolver.parseValue(value)),
  parseLiteral: (node) => inCalendar(DateTimeResolver.parseLiteral(node, {})),
});

builder.scalarType('Decimal', {
  description:
    'Exact base-10 number as a string, never in exponent form: `"12.5"`. Money is in US dollars. ' +
    'Calculate with a decimal library, not with floats.',
  serialize: (value) => value,
  parseValue: text,
  parseLiteral: (node) => text(literal(node)),
});

builder.scalarType('JSON', {
  description: `Any JSON value, at most ${jsonDepthMax} levels deep.`,
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => bounded(value),
  parseLiteral: (node, variables) => bounded(valueFromASTUntyped(node, variables ?? {})),
});

builder.scalarType('SafeInt', {
  description: 'Integer up to 2^53 - 1, as a JSON number.',
  serialize: (value) => SafeIntResolver.serialize(value) as number,
  parseValue: (value) => Number(SafeIntResolver.parseValue(value)),
  parseLiteral: (node) => Number(SafeIntResolver.parseLiteral(node, {})),
});

builder.scalarType('URL', {
  description: 'An absolute http: or https: address.',
  specifiedByURL: 'https://url.spec.whatwg.org',
  serialize: (value) => value,
  parseValue: text,
  parseLiteral: (node) => text(literal(node)),
});

/** What a Decimal of US dollars shows of an amount that may be missing. */
export const dollarsOrNull = (amount: Money | null) =>
  amount === null ? null : formatMoney(amount);

/** What the database can keep, and an answer can write. */
function inCalendar(date: Date): Date {
  const year = date.getUTCFullYear();
  if (year >= 1 && year <= 9_999) return date;
  throw new GraphQLError(`DateTime cannot represent the year ${year}: it is 1 to 9999 in UTC.`);
}

const literal = (node: ValueNode): unknown =>
  node.kind === Kind.STRING ? node.value : valueFromASTUntyped(node);

/** What is wrong with the text is told with its field, beside what is wrong with others. */
function text(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new GraphQLError(`It must be a string: ${JSON.stringify(String(value))}.`);
}

function bounded(value: unknown): unknown {
  if (nestedWithin(value, jsonDepthMax)) return value;
  throw new GraphQLError(`A JSON value may be nested ${jsonDepthMax} levels deep.`);
}
