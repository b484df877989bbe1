import { getOperationAST, parse } from 'graphql';
import { expect, it } from 'vitest';
import { schema } from '#schema';
import { isEndless } from '../../src/http/graphql/feeds.ts';

it('every subscription goes on until somebody ends it, but those of the events of a run', () => {
  const names = Object.keys(schema.getSubscriptionType()?.getFields() ?? {});
  const ending = names.filter((name) => {
    const operation = getOperationAST(parse(`subscription { ${name} }`));
    return operation && !isEndless(operation);
  });
  expect(ending.sort()).toEqual(['compareCompletions', 'completion', 'resumeCompletion']);
});
