import { GraphQLError, Kind, type ValueNode, valueFromASTUntyped } from 'graphql';
import { DateTimeResolver, SafeIntResolver } from 'graphql-scalars';
import { builder } from './builder.ts';

/** A plain decimal: no exponent, no leading plus, no group separators. */
const decimalPattern = /^-?\d{1,30}(\.\d{1,30})?$/;

/** Nested deeper than this, a value is refused: it is walked, compared and passed on. */
const jsonDepthMax = 32;

builder.scalarType('DateTime', {
  description: 'RFC 3339, UTC, as `2026-11-24T09:30:00.000Z`.',
  specifiedByURL: 'https://scalars.graphql.org/andimarek/date-time.html',
  serialize: (value) => value,
  parseValue: (value) => DateTimeResolver.parseValue(value),
  parseLiteral: (node) => DateTimeResolver.parseLiteral(node, {}),
});

builder.scalarType('Decimal', {
  description:
    'Exact base-10 number as a string, never in exponent form: `"12.5"`. Money is in US dollars. ' +
    'Calculate with a decimal library, not with floats.',
  serialize: (value) => value,
  parseValue: decimal,
  parseLiteral: (node) => decimal(literal(node)),
});

builder.scalarType('JSON', {
  description: `Any JSON value, at most ${jsonDepthMax} levels deep.`,
  specifiedByURL: 'https://www.rfc-editor.org/rfc/rfc8259',
  serialize: (value) => value,
  parseValue: (value) => bounded(value, jsonDepthMax),
  parseLiteral: (node, variables) =>
    bounded(valueFromASTUntyped(node, variables ?? {}), jsonDepthMax),
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
  parseValue: address,
  parseLiteral: (node) => address(literal(node)),
});

const literal = (node: ValueNode): unknown =>
  node.kind === Kind.STRING ? node.value : valueFromASTUntyped(node);

function decimal(value: unknown): string {
  if (typeof value === 'string' && decimalPattern.test(value)) return value;
  throw new GraphQLError('A Decimal is a string like "12.5", without an exponent.');
}

function address(value: unknown): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  if (url && ['http:', 'https:'].includes(url.protocol)) return String(value);
  throw new GraphQLError('A URL is absolute and starts with https:// or http://.');
}

function bounded(value: unknown, levels: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (levels === 0) {
    throw new GraphQLError(`A JSON value may be nested ${jsonDepthMax} levels deep.`);
  }
  for (const inner of Object.values(value)) bounded(inner, levels - 1);
  return value;
}
