import { builder } from '../builder.ts';
import { inOrganization } from '../identity/organization-argument.ts';
import { CompletionRef } from '../refs.ts';
import { askedFilter, CompletionFilter } from './filter.ts';

builder.subscriptionField('completions', (t) =>
  t.field({
    type: CompletionRef,
    authScopes: (_root, { organizationId }, context) =>
      inOrganization(organizationId, ['COMPLETIONS_READ', 'COMPLETIONS_RUN'], context),
    description:
      'First the running completions, then each one whenever its status changes, on any node. ' +
      'Nothing is replayed: refetch the list after a reconnect. An INFERENCE key sees its own. ' +
      'Above 20 a second, only those that ended.',
    args: {
      organizationId: t.arg.id({ required: true, description: 'Whose completions.' }),
      filter: t.arg({ type: CompletionFilter, description: 'Filter; all when absent.' }),
    },
    complexity: 10,
    extensions: { endless: true },
    subscribe(_root, { organizationId, filter }, context) {
      const [since, until] = [filter?.since ?? null, filter?.until ?? null];
      const question = { organizationId, filter: askedFilter(filter, context), since, until };
      return context.rooms.completions.watch(context.principal, question, context.signal);
    },
    resolve: (completion) => completion,
  }),
);
