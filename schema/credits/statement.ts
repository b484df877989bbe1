import type { Statement, StatementLine } from '#credits';
import { formatMoney, InvalidInput } from '#kernel';
import { builder } from '../builder.ts';
import { dollarsOrNull } from '../scalars.ts';
import { CreditAccountRef, LedgerKind, sum } from './credits.ts';

const StatementLineRef = builder.objectRef<StatementLine>('StatementLine').implement({
  description: 'The sum of one kind of entries.',
  fields: (t) => ({
    kind: t.expose('kind', { type: LedgerKind, description: 'Which kind.' }),
    entries: t.field({
      type: 'SafeInt',
      description: 'How many of them.',
      resolve: ({ entries }) => entries,
    }),
    amount: t.field({
      type: 'Decimal',
      description: 'Their sum, US dollars; positive added to the balance.',
      resolve: ({ amount }) => formatMoney(amount),
    }),
  }),
});

const StatementRef = builder.objectRef<Statement>('Statement').implement({
  description: 'Balances and sums of a period: opening balance + totals = closing balance.',
  fields: (t) => ({
    since: t.expose('since', {
      type: 'DateTime',
      description: 'The beginning of the period, inclusive.',
    }),
    until: t.expose('until', {
      type: 'DateTime',
      description: 'The end of the period, exclusive.',
    }),
    openingBalance: t.field({
      type: 'Decimal',
      description: 'The balance at the beginning of the period, US dollars.',
      resolve: ({ openingBalance }) => formatMoney(openingBalance),
    }),
    closingBalance: t.field({
      type: 'Decimal',
      description: 'The balance at the end of the period, US dollars.',
      resolve: ({ closingBalance }) => formatMoney(closingBalance),
    }),
    totals: t.expose('totals', {
      type: [StatementLineRef],
      description: 'One line for each kind of entry that occurred.',
    }),
    exportUrl: t.field({
      type: 'URL',
      description:
        'CSV of all entries, oldest first. Signed: whoever has the address may read it, for 10 ' +
        'minutes.',
      resolve: (statement, _args, { rooms }) =>
        `${rooms.platform.publicUrl}/exports/${rooms.billing.exportToken(statement)}`,
    }),
  }),
});

builder.prismaObjectFields(CreditAccountRef, (t) => ({
  statement: t.field({
    type: StatementRef,
    description: 'Balances and sums by kind of a period; what an accountant signs.',
    args: {
      since: t.arg({
        type: 'DateTime',
        required: true,
        description: 'The beginning of the period, inclusive.',
      }),
      until: t.arg({
        type: 'DateTime',
        required: true,
        description: 'The end of the period, exclusive.',
      }),
    },
    complexity: 10,
    resolve({ organizationId }, { since, until }, { rooms }) {
      if (since < until) {
        return rooms.billing.statement({ organizationId: organizationId ?? '', since, until });
      }
      throw InvalidInput.at('until', 'It is not later than `since`.', 'a later time');
    },
  }),
  burnRatePerDay: t.field({
    type: 'Decimal',
    nullable: true,
    description: 'Mean spend per day over the last 7 days, US dollars; null without spend.',
    resolve: async (account, _args, { rooms }) =>
      dollarsOrNull((await rooms.billing.forecast(forecastOf(account))).burnRatePerDay),
  }),
  emptyAt: t.field({
    type: 'DateTime',
    nullable: true,
    description: 'When the credits end at that rate; null without spend.',
    resolve: async (account, _args, { rooms }) =>
      (await rooms.billing.forecast(forecastOf(account))).emptyAt,
  }),
}));

const forecastOf = (account: {
  organizationId: string | null;
  balance: Parameters<typeof sum>[0];
}) => ({
  organizationId: account.organizationId ?? '',
  balance: sum(account.balance),
});
