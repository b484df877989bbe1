import { autoTopUpFields, type OpenedPurchase, thresholdsOf } from '#credits';
import { actorOf } from '#identity';
import { formatMoney, together } from '#kernel';
import type { Prisma } from '#storage';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { describedEnum } from '../described.ts';
import { UnavailableError } from '../errors.ts';
import { caught } from '../failures.ts';
import { findNode, NodeInterface } from '../node.ts';
import { resultUnion, writeErrors } from '../results.ts';
import { connectionOf, forwardArgs, pageCost } from '../rows/connection.ts';
import { newestFirst } from '../rows/newest-first.ts';
import { noRow } from '../rows/no-row.ts';
import { idOf, tablePage } from '../rows/paging.ts';
import { written } from '../rows/written.ts';
import { dollarsOrNull } from '../scalars.ts';
import { accountNow, CreditAccountRef, LedgerEntryRef, mayRead } from './credits.ts';

const PurchaseStatus = describedEnum('PurchaseStatus', 'The status of a purchase.', {
  OPEN: 'The page can be paid, or the payment is on its way.',
  PAID: 'Paid: the credits are in the account.',
  FAILED: 'The payment was declined.',
  EXPIRED: 'The page was not paid in time; buy again.',
  REFUNDED: 'The payment went back to the payer.',
});

const CreditPurchaseRef = builder.prismaObject('Purchase', {
  name: 'CreditPurchase',
  description: 'Credits that are bought: by a person on a payment page, or by automatic top-up.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    organization: t.relation('organization', { description: 'Whose credits.' }),
    amount: t.field({
      type: 'Decimal',
      description: 'Credits, US dollars; taxes come on top of it.',
      resolve: ({ amount }) => formatMoney(amount),
    }),
    status: t.expose('status', { type: PurchaseStatus, description: 'Its status.' }),
    automatic: t.exposeBoolean('automatic', { description: 'Whether it was a top-up.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was begun.' }),
    paidAt: t.expose('paidAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When the payment was confirmed; null before.',
    }),
    failure: t.exposeString('failure', {
      nullable: true,
      description: 'Why it failed, in the words of the payment provider.',
    }),
    receiptUrl: t.field({
      type: 'URL',
      nullable: true,
      description:
        'A receipt to print, with the tax fields; null until it is paid. Signed: whoever has the ' +
        'address may read it, for 10 minutes.',
      resolve: ({ id, entryId }, _args, { rooms }) =>
        entryId && `${rooms.platform.publicUrl}/receipts/${rooms.billing.receiptToken(id)}`,
    }),
    ledgerEntry: t.prismaField({
      type: LedgerEntryRef,
      nullable: true,
      description: 'Its entry in the ledger; null until it is paid.',
      resolve: (query, { entryId }, _args, { rooms }) =>
        entryId === null
          ? noRow(query)
          : rooms.storage.prisma.entry.findFirst({ ...query, where: { id: entryId } }),
    }),
  }),
});

const CreditPurchaseConnection = connectionOf({ node: CreditPurchaseRef, of: 'purchases' });

const newestPurchases = newestFirst<
  'createdAt',
  Prisma.PurchaseWhereInput,
  Prisma.PurchaseOrderByWithRelationInput
>('createdAt');

builder.prismaObjectField(LedgerEntryRef, 'purchase', (t) =>
  t.prismaField({
    type: CreditPurchaseRef,
    nullable: true,
    description: 'The purchase that it is for.',
    resolve: (query, { id, kind }, _args, { rooms }) =>
      kind === 'PURCHASE'
        ? rooms.storage.prisma.purchase.findFirst({ ...query, where: { entryId: id } })
        : noRow(query),
  }),
);

const AutoTopUpRef = builder.objectRef<{
  topUpThreshold: bigint | null;
  topUpAmount: bigint | null;
  topUpMonthlyMaximum: bigint | null;
  topUpDisabledReason: string | null;
}>('AutoTopUp');

AutoTopUpRef.implement({
  description:
    'Credits that are bought by themselves, with the payment method of the last purchase.',
  fields: (t) => ({
    threshold: t.field({
      type: 'Decimal',
      description: 'Topped up when `available` falls below it, US dollars.',
      resolve: ({ topUpThreshold }) => formatMoney(topUpThreshold ?? 0n),
    }),
    amount: t.field({
      type: 'Decimal',
      description: 'What is bought each time, US dollars.',
      resolve: ({ topUpAmount }) => formatMoney(topUpAmount ?? 0n),
    }),
    monthlyMaximum: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'At most this much in a calendar month, UTC; null without a maximum.',
      resolve: ({ topUpMonthlyMaximum }) => dollarsOrNull(topUpMonthlyMaximum),
    }),
    disabledReason: t.exposeString('topUpDisabledReason', {
      nullable: true,
      description:
        'Why it was switched off, after three refused payments; null while it is on. Set it again to resume.',
    }),
  }),
});

builder.prismaObjectFields(CreditAccountRef, (t) => ({
  purchases: t.field({
    type: CreditPurchaseConnection,
    description: 'What was bought, newest first.',
    args: forwardArgs,
    complexity: pageCost,
    resolve({ organizationId }, args, { rooms: { storage } }) {
      const all = { organizationId: organizationId ?? '' };
      return tablePage({
        list: `purchases:${organizationId}`,
        args,
        keyset: newestPurchases,
        find: (beyond, orderBy, take) =>
          storage.prisma.purchase.findMany({ where: { AND: [all, beyond ?? {}] }, orderBy, take }),
        count: () => storage.prisma.purchase.count({ where: all }),
      });
    },
  }),
  autoTopUp: t.field({
    type: AutoTopUpRef,
    nullable: true,
    description: 'Automatic top-up; null when it is off.',
    resolve: async ({ organizationId }, _args, { rooms }) => {
      const where = { organizationId: organizationId ?? '' };
      const row = await rooms.storage.prisma.billing.findUnique({ where });
      return row?.topUpAmount == null ? null : row;
    },
  }),
  alertThresholds: t.field({
    type: ['Decimal'],
    description: 'Balances of which people are told when the credits fall below them, US dollars.',
    resolve: async ({ organizationId }, _args, { rooms }) => {
      const where = { organizationId: organizationId ?? '' };
      const row = await rooms.storage.prisma.billing.findUnique({ where });
      return (row?.alertThresholds ?? []).map(formatMoney);
    },
  }),
}));

const PurchaseCreditsInput = builder.inputType('PurchaseCreditsInput', {
  description: 'Credits to buy.',
  fields: (t) => ({
    organizationId: t.id({ required: true, description: 'Whose credits.' }),
    amount: t.field({
      type: 'Decimal',
      required: true,
      description: 'US dollars in whole cents, 1 to 10000; taxes come on top.',
    }),
    returnUrl: t.field({
      type: 'URL',
      description:
        'Where the payer comes back to: under PUBLIC_URL or an origin that the operator allows, ' +
        'else INVALID_INPUT.',
    }),
    idempotencyKey: t.string({
      description: 'The same key within 24 hours returns the same page.',
    }),
  }),
});

const PurchaseCreditsPayload = builder
  .objectRef<OpenedPurchase>('PurchaseCreditsPayload')
  .implement({
    description: 'A page was opened; the credits are there when it is paid.',
    fields: (t) => ({
      checkoutUrl: t.expose('checkoutUrl', {
        type: 'URL',
        description: 'The page of the payment provider. Send the payer there.',
      }),
      purchase: t.prismaField({
        type: CreditPurchaseRef,
        description: 'Its state after the change.',
        resolve: async (query, { purchaseId: id }, _args, { rooms }) =>
          written(await rooms.storage.prisma.purchase.findFirst({ ...query, where: { id } })),
      }),
    }),
  });

const SetAutoTopUpInput = builder.inputType('SetAutoTopUpInput', {
  description: 'How an organization is topped up. It takes the place of what was set before.',
  fields: (t) => ({
    organizationId: t.id({ required: true, description: 'Whose credits.' }),
    threshold: t.field({
      type: 'Decimal',
      description:
        'Top up when `available` falls below. Both it and `amount`, or neither: neither turns it ' +
        'off; one alone is INVALID_INPUT.',
    }),
    amount: t.field({
      type: 'Decimal',
      description: 'US dollars each time, whole cents, 1 to 10000.',
    }),
    monthlyMaximum: t.field({
      type: 'Decimal',
      description: 'At most this much in a calendar month.',
    }),
  }),
});

interface OfOrganization {
  readonly organizationId: string;
}

const accountPayload = (name: string, description: string) =>
  builder.objectRef<OfOrganization>(name).implement({
    description,
    fields: (t) => ({
      account: t.prismaField({
        type: CreditAccountRef,
        description: 'Its state after the change.',
        resolve: (query, { organizationId }, _args, { rooms }) =>
          accountNow(query, organizationId, rooms.storage),
      }),
    }),
  });

/** Refuses who may not change the organization's money. @throws Fault NOT_FOUND, FORBIDDEN */
function demandPayer({ organizationId }: OfOrganization, { rooms, principal }: Context): void {
  rooms.identity.demand(principal, organizationId, 'CREDITS_WRITE');
}

const authScopes = { authenticated: true };
const organizationOf = ({ organizationId }: OfOrganization) => ({
  organizationId: () => idOf('organization', organizationId, 'input.organizationId'),
});

builder.mutationFields((t) => ({
  purchaseCredits: t.field({
    type: resultUnion({
      name: 'PurchaseCreditsResult',
      payload: PurchaseCreditsPayload,
      errors: [...writeErrors, UnavailableError],
    }),
    nullable: true,
    authScopes,
    description:
      'Opens a payment page; the credits are posted when the payment provider confirms. ' +
      'UNAVAILABLE where the installation takes no payments.',
    args: {
      input: t.arg({ type: PurchaseCreditsInput, required: true, description: 'What to buy.' }),
    },
    resolve: (_root, { input }, context) =>
      caught(() => {
        const { billing } = context.rooms;
        const wanted = together({ ...organizationOf(input), ...billing.purchaseFields(input) });
        demandPayer(wanted, context);
        return billing.purchase({ ...wanted, actor: actorOf(context.principal) });
      }),
  }),
  setAutoTopUp: t.field({
    type: resultUnion({
      name: 'SetAutoTopUpResult',
      payload: accountPayload('SetAutoTopUpPayload', 'It is set.'),
    }),
    nullable: true,
    authScopes,
    description:
      'Buys credits by itself when they run low, with the payment method of the last purchase. ' +
      'One attempt at a time; after a refused payment it waits, after three it is switched off.',
    args: {
      input: t.arg({ type: SetAutoTopUpInput, required: true, description: 'When and how much.' }),
    },
    resolve: (_root, { input }, context) =>
      caught(async () => {
        const set = together({ ...organizationOf(input), ...autoTopUpFields(input) });
        demandPayer(set, context);
        await context.rooms.billing.setAutoTopUp(actorOf(context.principal), set);
        return set;
      }),
  }),
  setAlertThresholds: t.field({
    type: resultUnion({
      name: 'SetAlertThresholdsResult',
      payload: accountPayload('SetAlertThresholdsPayload', 'They are set.'),
    }),
    nullable: true,
    authScopes,
    description:
      'Sets the balances of which people are told: once each time the credits fall below one. It ' +
      'takes the place of what was set before; an empty list tells of none.',
    args: {
      organizationId: t.arg.id({ required: true, description: 'Whose credits.' }),
      thresholds: t.arg({
        type: ['Decimal'],
        required: true,
        description: 'US dollars above 0, at most 10 of them.',
      }),
    },
    resolve: (_root, { organizationId: id, thresholds }, context) =>
      caught(async () => {
        const set = together({
          organizationId: () => idOf('organization', id, 'organizationId'),
          thresholds: () => thresholdsOf(thresholds),
        });
        demandPayer(set, context);
        await context.rooms.billing.setAlertThresholds(actorOf(context.principal), set);
        return set;
      }),
  }),
}));

findNode('purchase', 'CreditPurchase', async (id, context) => {
  const row = await context.rooms.storage.prisma.purchase.findFirst({ where: { id } });
  return mayRead(context, row?.organizationId) ? row : null;
});
