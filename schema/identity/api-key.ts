import { apiKeysSeenBy } from '#identity';
import { formatMoney, greatest } from '#kernel';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { describedEnum } from '../described.ts';
import { findNode, NodeInterface } from '../node.ts';
import { noRow } from '../rows/no-row.ts';
import { dollarsOrNull } from '../scalars.ts';
import { MembershipRef, seesMember } from './membership.ts';

export const ApiKeyKind = describedEnum('ApiKeyKind', 'What a key is for.', {
  INFERENCE: 'Runs completions and reads what it did itself.',
  MANAGEMENT: 'Manages the organization and runs no completions.',
});

export const LimitPeriod = describedEnum('LimitPeriod', 'When a limit starts anew (UTC).', {
  NONE: 'Never: one limit for the life of the key.',
  DAILY: 'At midnight.',
  WEEKLY: 'At midnight before Monday.',
  MONTHLY: 'On the first of the month.',
});

export const ApiKeyRef = builder.prismaObject('ApiKey', {
  description: 'A credential for programs. Its secret is shown once, when it is made.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    organization: t.relation('organization', {
      description: 'The organization whose credits it spends.',
    }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    kind: t.expose('kind', { type: ApiKeyKind, description: 'What it is for.' }),
    hint: t.exposeString('hint', {
      description:
        'The only part of the secret that is kept readable, such as `sk-bourse-3f9a…c41e`.',
    }),
    creditLimit: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'US dollars that it may spend in a period; null without a limit.',
      resolve: (key) => dollarsOrNull(key.creditLimit),
    }),
    limitPeriod: t.expose('limitPeriod', {
      type: LimitPeriod,
      description: 'How often `creditLimit` starts anew, in UTC.',
    }),
    spent: t.field({
      type: 'Decimal',
      description: 'US dollars charged in the current period, less what was given back of it.',
      resolve: async (key, _args, { rooms }) =>
        formatMoney((await rooms.credits.keySpend(key)).spent),
    }),
    remaining: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Limit less spent and held, US dollars, never below 0; null without a limit.',
      async resolve(key, _args, { rooms }) {
        if (key.creditLimit === null) return null;
        const { spent, held } = await rooms.credits.keySpend(key);
        const left = key.creditLimit - spent - held;
        return formatMoney(greatest(left, 0n));
      },
    }),
    periodEndsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the current period ends; null when the limit never starts anew.',
      resolve: async (key, _args, { rooms }) => (await rooms.credits.keySpend(key)).periodEndsAt,
    }),
    requestsPerMinute: t.exposeInt('requestsPerMinute', {
      nullable: true,
      description: 'Requests that it may make in any 60 s; null without a limit.',
    }),
    allowedModels: t.stringList({
      nullable: true,
      description: 'Patterns like `anthropic/*`; null allows all, an empty list nothing.',
      resolve: (key) => key.allowedModels as string[] | null, // written by us as a list of texts
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    lastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute; null when never.',
      resolve: (key, _args, { rooms }) => rooms.identity.lastUsed(key.id) ?? key.lastUsedAt,
    }),
    expiresAt: t.expose('expiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it stops working; null when never.',
    }),
    revokedAt: t.expose('revokedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was revoked; null while it works.',
    }),
    disabled: t.exposeBoolean('disabled', {
      description: 'Paused: refused like a revoked one, but can be enabled again.',
    }),
    previousSecretExpiresAt: t.expose('previousSecretExpiresAt', {
      type: 'DateTime',
      nullable: true,
      description: 'The replaced secret works until then.',
    }),
    member: t.field({
      type: MembershipRef,
      nullable: true,
      select: { membership: true },
      description:
        'The member whose budget it spends; null for a key made by a management key, and to ' +
        'callers who may not list members.',
      resolve: ({ membership }, _args, context) =>
        membership && seesMember(membership, context) ? membership : null,
    }),
  }),
});

/** The key with this id; null where there is none, or the caller may not see it. */
export const apiKeySeen = (id: string | null, { rooms, principal }: Context, query: object = {}) =>
  id === null
    ? noRow(query)
    : rooms.storage.prisma.apiKey.findFirst({
        ...query,
        where: { AND: [apiKeysSeenBy(principal), { id }] },
      });

findNode('apiKey', 'ApiKey', apiKeySeen);
