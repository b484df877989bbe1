import { formatMoney, type Money } from '#kernel';
import type { Prisma } from '#storage';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { describedEnum } from '../described.ts';
import type { AccountMoney } from '../doors.ts';
import { Actor, actorWithId } from '../identity/actor.ts';
import { OrganizationRef } from '../identity/organization.ts';
import { findNode, NodeInterface } from '../node.ts';
import { CompletionRef } from '../refs.ts';
import { connectionOf, countMax, pageArgs, pageCost } from '../rows/connection.ts';
import { newestNumber } from '../rows/newest-number.ts';
import { idOf, tablePage } from '../rows/paging.ts';
import { written } from '../rows/written.ts';
import { dollarsOrNull } from '../scalars.ts';

export const LedgerKind = describedEnum('LedgerKind', 'What an entry of the ledger is.', {
  PURCHASE: 'Credits that were bought.',
  GRANT: 'Credits that were given.',
  USAGE: 'A completion, its fee within the amount.',
  FEE: 'The fee alone, of a completion on an own provider key.',
  REFUND: 'All or part of a charge, given back.',
  ADJUSTMENT: 'A correction, with its reason.',
});

/** A sum of amounts, which the database keeps as a decimal without places. */
export const sum = (decimal: Prisma.Decimal): Money => BigInt(decimal.toFixed(0));

export const LedgerEntryRef = builder.prismaObject('Entry', {
  name: 'LedgerEntry',
  description: 'One movement of an account. Never changed, never deleted.',
  interfaces: [NodeInterface],
  include: { tx: true },
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When it was posted.' }),
    kind: t.expose('kind', { type: LedgerKind, description: 'What it is.' }),
    amount: t.field({
      type: 'Decimal',
      description: 'US dollars; positive adds to the balance.',
      resolve: (entry) => formatMoney(entry.amount),
    }),
    balanceAfter: t.field({
      type: 'Decimal',
      description: 'The balance after it, US dollars.',
      resolve: (entry) => formatMoney(sum(entry.balanceAfter)),
    }),
    fee: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Of a USAGE entry: the fee that is within `amount`, with its sign.',
      resolve: (entry) => dollarsOrNull(entry.fee),
    }),
    description: t.string({
      description: 'What it was for, for people.',
      resolve: (entry) => entry.tx.description,
    }),
    completion: t.field({
      type: CompletionRef,
      nullable: true,
      description: 'The completion that it is for; null for what is not of one.',
      resolve: ({ completionId }, _args, { rooms, principal }) =>
        completionId === null ? null : rooms.completions.find(principal, completionId),
    }),
    actor: t.field({
      type: Actor,
      nullable: true,
      description:
        'Who moved it by hand. Null for what happened by itself, such as a charge, and for a key ' +
        'that the caller may not see.',
      resolve: ({ tx }, _args, context) => actorWithId(tx.actor, context),
    }),
  }),
});

const LedgerEntryConnection = connectionOf({
  node: LedgerEntryRef,
  of: 'ledger entries',
  counted: 'bounded',
});

const LedgerFilter = builder.inputType('LedgerFilter', {
  description: 'Every field that is given must hold.',
  fields: (t) => ({
    kinds: t.field({ type: [LedgerKind], description: 'Any of these kinds.' }),
    since: t.field({ type: 'DateTime', description: 'Posted then or later.' }),
    until: t.field({ type: 'DateTime', description: 'Posted earlier than then.' }),
    completionId: t.id({ description: 'Of this completion.' }),
  }),
});

/** Newest first: the number within the account is unique and rises with time. */
const newestEntries = newestNumber<
  'seq',
  Prisma.EntryWhereInput,
  Prisma.EntryOrderByWithRelationInput
>('seq');

function entriesWhere(
  accountId: string,
  filter: typeof LedgerFilter.$inferInput | null | undefined,
): Prisma.EntryWhereInput {
  const { kinds, since, until, completionId } = filter ?? {};
  return {
    accountId,
    ...(kinds ? { kind: { in: [...new Set(kinds)] } } : {}),
    ...(since ? { at: { gte: since } } : {}),
    ...(until ? { AND: [{ at: { lt: until } }] } : {}),
    ...(completionId
      ? { completionId: idOf('completion', completionId, 'filter.completionId') }
      : {}),
  };
}

const readings = new WeakMap<object, Promise<AccountMoney>>();

/**
 * One reading for all fields of an account: a completion that ends between two would be in neither
 * what is held nor what has left the balance.
 */
function moneyOf(
  account: { readonly organizationId: string | null },
  { credits }: Context['rooms'],
): Promise<AccountMoney> {
  const reading = readings.get(account) ?? credits.account(account.organizationId ?? '');
  readings.set(account, reading);
  return reading;
}

export const CreditAccountRef = builder.prismaObject('CreditAccount', {
  description: "An organization's prepaid credits, exact to the last posted completion.",
  interfaces: [NodeInterface],
  include: { organization: true },
  fields: (t) => ({
    balance: t.field({
      type: 'Decimal',
      description:
        'Posted credits in US dollars: everything bought or granted, less everything charged.',
      resolve: async (account, _args, { rooms }) =>
        formatMoney((await moneyOf(account, rooms)).balance),
    }),
    held: t.field({
      type: 'Decimal',
      description: 'Reserved by completions that are running, US dollars.',
      resolve: async (account, _args, { rooms }) =>
        formatMoney((await moneyOf(account, rooms)).held),
    }),
    available: t.field({
      type: 'Decimal',
      description: 'What a new completion may use: balance less held, US dollars.',
      resolve: async (account, _args, { rooms }) =>
        formatMoney((await moneyOf(account, rooms)).available),
    }),
    ledger: t.field({
      type: LedgerEntryConnection,
      description: 'Every movement, newest first.',
      args: {
        ...pageArgs,
        filter: t.arg({ type: LedgerFilter, description: 'Filter; all when absent.' }),
      },
      complexity: pageCost,
      resolve({ id }, { filter, ...args }, { rooms }) {
        const all = entriesWhere(id, filter);
        const include = { tx: true };
        return tablePage({
          list: `ledger:${id}`,
          args,
          keyset: newestEntries,
          find: (beyond, orderBy, take) =>
            rooms.storage.prisma.entry.findMany({
              where: { AND: [all, beyond ?? {}] },
              orderBy,
              take,
              include,
            }),
          count: () => rooms.storage.prisma.entry.count({ where: all, take: countMax + 1 }),
        });
      },
    }),
    organization: t.prismaField({
      type: OrganizationRef,
      description: 'Whose it is.',
      resolve: async (query, { organizationId }, _args, { rooms }) =>
        written(
          await rooms.storage.prisma.organization.findFirst({
            ...query,
            where: { id: organizationId ?? '' },
          }),
        ),
    }),
  }),
});

/** The account of an organization, in answers of what was done to it. */
export async function accountNow(
  query: Prisma.CreditAccountDefaultArgs,
  organizationId: string,
  { prisma }: Context['rooms']['storage'],
) {
  return written(await prisma.creditAccount.findFirst({ ...query, where: { organizationId } }));
}

builder.prismaObjectField(OrganizationRef, 'credits', (t) =>
  t.prismaField({
    type: CreditAccountRef,
    nullable: true,
    authScopes: ({ id }) => ({ organization: { organizationId: id, anyOf: ['CREDITS_READ'] } }),
    description:
      'The credit account. Null, with a FORBIDDEN error at this path, when the role of the ' +
      'caller does not include it.',
    async resolve(query, { id }, _args, { rooms }) {
      await rooms.credits.post();
      return rooms.storage.prisma.creditAccount.findFirst({
        ...query,
        where: { organizationId: id },
      });
    },
  }),
);

export const mayRead = ({ rooms, principal }: Context, organizationId: string | null | undefined) =>
  organizationId != null &&
  rooms.identity.permissions(principal, organizationId)?.has('CREDITS_READ') === true;

findNode('creditAccount', 'CreditAccount', async (id, context) => {
  await context.rooms.credits.post();
  const account = await context.rooms.storage.prisma.creditAccount.findFirst({
    where: { id },
    include: { organization: true },
  });
  return mayRead(context, account?.organizationId) ? account : null;
});

findNode('ledgerEntry', 'LedgerEntry', async (id, context) => {
  const entry = await context.rooms.storage.prisma.entry.findFirst({
    where: { id },
    include: { tx: true, account: true },
  });
  return mayRead(context, entry?.account.organizationId) ? entry : null;
});
