import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { inOrganization } from '../identity/organization-argument.ts';
import { written } from '../rows/written.ts';
import { CreditAccountRef } from './credits.ts';

/** The account's row each time that something about it is another, as long as one may read it. */
async function* accounts(organizationId: string, { rooms, principal, signal }: Context) {
  const where = { organizationId };
  const include = { organization: true };
  for await (const _ of rooms.billing.watch(organizationId, signal)) {
    rooms.identity.demand(principal, organizationId, 'CREDITS_READ');
    yield written(await rooms.storage.prisma.creditAccount.findFirst({ where, include }));
  }
}

builder.subscriptionField('creditAccount', (t) =>
  t.field({
    type: CreditAccountRef,
    authScopes: (_root, { organizationId }, context) =>
      inOrganization(organizationId, ['CREDITS_READ'], context),
    description:
      'The current state at once, then when it changed, at most 4 times a second, the newest ' +
      'state only. It ends with FORBIDDEN or NOT_FOUND when the caller may read them no more.',
    args: { organizationId: t.arg.id({ required: true, description: 'Whose credits.' }) },
    complexity: 10,
    extensions: { endless: true },
    subscribe: (_root, { organizationId }, context) => accounts(organizationId, context),
    resolve: (account) => account,
  }),
);
