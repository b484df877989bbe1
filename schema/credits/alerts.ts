import type { Prisma } from '#storage';
import { builder } from '../builder.ts';
import { describedEnum } from '../described.ts';
import { dollarsOrNull } from '../scalars.ts';
import { CreditAccountRef } from './credits.ts';

const CreditAlertKind = describedEnum('CreditAlertKind', 'Reasons for a notice about money.', {
  LOW_BALANCE: 'The balance fell below one of `alertThresholds`.',
  MEMBER_BUDGET: "80 or 100 per cent of a member's monthly budget are spent.",
  KEY_LIMIT: "80 or 100 per cent of a key's limit are spent.",
  TOP_UP_DISABLED: 'Automatic top-up was switched off after three refused payments.',
});

const CreditAlertRef = builder
  .objectRef<Prisma.CreditAlertGetPayload<object>>('CreditAlert')
  .implement({
    description: 'A notice about money; each is given once.',
    fields: (t) => ({
      kind: t.expose('kind', { type: CreditAlertKind, description: 'What happened.' }),
      at: t.expose('at', { type: 'DateTime', description: 'When it was noticed.' }),
      threshold: t.field({
        type: 'Decimal',
        nullable: true,
        description: 'What was reached, US dollars: a balance, or a part of a limit.',
        resolve: ({ threshold }) => dollarsOrNull(threshold),
      }),
      amount: t.field({
        type: 'Decimal',
        nullable: true,
        description: 'The balance then, or what was spent, US dollars.',
        resolve: ({ amount }) => dollarsOrNull(amount),
      }),
      subjectId: t.exposeID('subject', {
        nullable: true,
        description: 'Of a budget or limit: the membership or key.',
      }),
    }),
  });

const shown = 20;

builder.prismaObjectField(CreditAccountRef, 'alerts', (t) =>
  t.field({
    type: [CreditAlertRef],
    description: `The last ${shown} alerts, newest first.`,
    complexity: 5,
    resolve: ({ organizationId }, _args, { rooms }) =>
      rooms.storage.prisma.creditAlert.findMany({
        where: { organizationId: organizationId ?? '' },
        orderBy: [{ at: 'desc' }, { id: 'desc' }],
        take: shown,
      }),
  }),
);
