import { getOperationAST, parse } from 'graphql';
import { expect, it } from 'vitest';
import { compiledQuery } from '../../src/http/graphql/compiled-queries.ts';

function isCompiled(source: string): boolean {
  const document = parse(source);
  const operation = getOperationAST(document);
  return operation != null && compiledQuery(document, operation) !== null;
}

const list = 'completions(filter: { metadata: ';
it.each([
  [`query ($tag: JSON) { organization(slug: "acme") { ${list} $tag }) { totalCount } } }`, true],
  [`query { organization(slug: "acme") { ${list} { tag: "a" } }) { totalCount } } }`, true],
  ['query ($of: String) { models(filter: { authors: [$of] }) { totalCount } }', true],
  ['query ($not: Boolean!) { platform { name @skip(if: $not) } }', true],
  [
    `query ($tag: String) { organization(slug: "acme") { ${list} { tag: $tag } }) { totalCount } } }`,
    false,
  ],
  [
    `query ($tag: String) { organization(slug: "acme") { ${list} { tags: [$tag] } }) { totalCount } } }`,
    false,
  ],
])('%s: compiled %s, since compiled code would lose a variable within JSON', (query, expected) => {
  expect(isCompiled(query)).toBe(expected);
});
