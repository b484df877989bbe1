import { getOperationAST, parse } from 'graphql';
import { expect, it } from 'vitest';
import { compiledQuery } from '../../src/http/graphql/execution/compiled-queries.ts';

function isCompiled(source: string): boolean {
  const document = parse(source);
  const operation = getOperationAST(document);
  return operation != null && compiledQuery(document, operation) !== null;
}

const tagged = (variable: string, metadata: string) =>
  `query (${variable}) { organization(slug: "acme") {
    completions(filter: { metadata: ${metadata} }) { totalCount } } }`;

it.each([
  [tagged('$tag: JSON', '$tag'), true],
  [tagged('$first: Int', '{ tag: "a" }'), true],
  ['query ($of: String!) { models(filter: { authors: [$of] }) { totalCount } }', true],
  ['query ($not: Boolean!) { platform { name @skip(if: $not) } }', true],
  [tagged('$tag: String', '{ tag: $tag }'), false],
  [tagged('$tag: String', '{ tags: [$tag] }'), false],
])('%s: compiled %s, since compiled code would lose a variable within JSON', (query, expected) => {
  expect(isCompiled(query)).toBe(expected);
});
