import { builder } from './builder.ts';
import { CreditAccountRef, theOnly } from './credits.ts';
import { idOf } from './paging.ts';

builder.subscriptionField('creditAccount', (t) =>
  t.field({
    type: CreditAccountRef,
    authScopes: (_root, { organizationId }) => ({
      organization: { organizationId, anyOf: ['CREDITS_READ'] },
    }),
    description:
      'The current state at once, then when it changed, at most 4 times a second, the newest ' +
      'state only.',
    args: { organizationId: t.arg.id({ required: true, description: 'Whose credits.' }) },
    complexity: 10,
    async *subscribe(_root, { organizationId: id }, { rooms, signal }) {
      const organizationId = idOf('organization', id, 'organizationId');
      for await (const _ of rooms.billing.watch(organizationId, signal)) yield organizationId;
    },
    resolve: async (organizationId, _args, { rooms }) =>
      theOnly(
        await rooms.storage.prisma.creditAccount.findFirst({
          where: { organizationId },
          include: { organization: true },
        }),
      ),
  }),
);
