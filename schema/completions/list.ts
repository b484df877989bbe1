import { builder } from '../builder.ts';
import { OrganizationRef } from '../identity/organization.ts';
import { CompletionRef } from '../refs.ts';
import { connectionOf, countMax, forwardArgs, pageCost } from '../rows/connection.ts';
import { type Keyset, tablePage } from '../rows/paging.ts';
import { askedFilter, CompletionFilter } from './filter.ts';

const CompletionConnection = connectionOf({
  node: CompletionRef,
  of: 'completions',
  counted: 'bounded',
});

/** A place in the list: a completion's id, which begins with its time. */
interface Place {
  readonly beyond: string;
  readonly backward: boolean;
}

const newestCompletions: Keyset<{ id: string }, Place, boolean> = {
  key: ({ id }) => [id],
  beyond: ([id = ''], backward) => ({ beyond: id, backward }),
  orderBy: (backward) => backward,
};

builder.objectField(OrganizationRef, 'completions', (t) =>
  t.field({
    type: CompletionConnection,
    nullable: true,
    authScopes: ({ id }) => ({
      organization: { organizationId: id, anyOf: ['COMPLETIONS_READ', 'COMPLETIONS_RUN'] },
    }),
    description:
      'Ended completions, newest first; running ones are told by the subscription `completions`. ' +
      'An INFERENCE key sees its own. `filter.since` and `until` are about when they were asked ' +
      'for. Null, with a FORBIDDEN error at this path, when the role of the caller does not ' +
      'include it.',
    args: {
      ...forwardArgs,
      filter: t.arg({ type: CompletionFilter, description: 'Filter; all when absent.' }),
    },
    complexity: pageCost,
    resolve({ id }, { filter, ...args }, context) {
      const { rooms, principal } = context;
      const [since, until] = [filter?.since ?? null, filter?.until ?? null];
      const question = { organizationId: id, filter: askedFilter(filter, context), since, until };
      return tablePage({
        list: `completions:${id}`,
        args,
        keyset: newestCompletions,
        find: async (place, backward, take) => {
          const slice = { beyond: place?.beyond ?? null, backward, take };
          return [...(await rooms.completions.list(principal, { question, slice }))];
        },
        count: () => rooms.completions.count(question, countMax + 1),
      });
    },
  }),
);
