import {
  allPermissions,
  apiKeysSeenBy,
  membershipsSeenBy,
  organizationsSeenBy,
  type Permission,
  type Principal,
} from '#identity';
import { formatMoney } from '#kernel';
import type { Prisma } from '#storage';
import { builder } from './builder.ts';
import { connectionOf, forwardArgs, pageCost } from './connection.ts';
import { describedEnum } from './described.ts';
import { findNode, NodeInterface } from './node.ts';
import { type Keyset, tablePage } from './paging.ts';

const Role = describedEnum('Role', 'What a member may do in an organization.', {
  OWNER: 'Everything.',
  ADMIN: 'Everything but owners and leaving the organization without one.',
  BILLING: 'Credits, ledger, usage, statements.',
  DEVELOPER: "Own keys, completions, usage, members' names.",
  VIEWER: 'Usage and completions without content.',
});

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

const permissionTexts: Record<Permission, string> = {
  MEMBERS_READ: 'See who is a member.',
  MEMBERS_WRITE: 'Invite, change and remove members.',
  KEYS_READ: 'See all keys.',
  KEYS_WRITE: 'Make, change and revoke all keys.',
  KEYS_WRITE_OWN: 'Make, change and revoke own keys.',
  CREDITS_READ: 'See the credit account and its ledger.',
  CREDITS_WRITE: 'Buy credits.',
  POLICY_WRITE: 'Change the routing policy.',
  CONTENT_READ: "Read others' prompts and answers, where they are kept.",
  COMPLETIONS_READ: 'See completions and usage.',
  COMPLETIONS_RUN: 'Run completions.',
  AUDIT_READ: 'Read the audit log.',
  ORGANIZATION_WRITE: 'Change the organization.',
};

const PermissionRef = describedEnum(
  'Permission',
  'One thing that a caller may do.',
  permissionTexts,
);

const decimal = (amount: bigint | null) => (amount === null ? null : formatMoney(amount));

export const MembershipRef = builder.prismaObject('Membership', {
  description: 'A person in an organization.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    user: t.relation('user', { description: 'Who it is.' }),
    organization: t.relation('organization', { description: 'Where.' }),
    role: t.expose('role', { type: Role, description: 'What the member may do.' }),
    joinedAt: t.expose('joinedAt', { type: 'DateTime', description: 'Since when.' }),
    monthlyBudget: t.field({
      type: 'Decimal',
      nullable: true,
      description:
        "US dollars that the member's keys may spend in a calendar month, UTC; null without limit.",
      resolve: (membership) => decimal(membership.monthlyBudget),
    }),
  }),
});

export const ApiKeyRef = builder.prismaObject('ApiKey', {
  description: 'A credential for programs. Its secret is shown once, when it is made.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    organization: t.relation('organization', { description: 'Whose credits it spends.' }),
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
      resolve: (key) => decimal(key.creditLimit),
    }),
    limitPeriod: t.expose('limitPeriod', {
      type: LimitPeriod,
      description: 'When that limit starts anew.',
    }),
    spent: t.field({
      type: 'Decimal',
      description: 'US dollars spent in the current period.',
      resolve: async (key, _args, { rooms }) =>
        formatMoney((await rooms.credits.keySpend(key)).spent),
    }),
    remaining: t.field({
      type: 'Decimal',
      nullable: true,
      description: 'Limit less spent and held, US dollars; null without a limit.',
      async resolve(key, _args, { rooms }) {
        if (key.creditLimit === null) return null;
        const { spent, held } = await rooms.credits.keySpend(key);
        return formatMoney(key.creditLimit - spent - held);
      },
    }),
    periodEndsAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the next period starts; null when there is one for ever.',
      resolve: async (key, _args, { rooms }) => (await rooms.credits.keySpend(key)).periodEndsAt,
    }),
    requestsPerMinute: t.exposeInt('requestsPerMinute', {
      nullable: true,
      description: 'Requests that it may make in a minute; null without a limit.',
    }),
    allowedModels: t.stringList({
      nullable: true,
      description: 'Patterns like `anthropic/*`; null allows all, an empty list nothing.',
      resolve: (key) => key.allowedModels as string[] | null, // written by us as a list of texts
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    lastUsedAt: t.expose('lastUsedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'About when it was last used; null when never.',
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
    member: t.relation('membership', {
      nullable: true,
      description: 'Whose budget it spends; null for one made by a management key.',
    }),
  }),
});

export const ApiKeyConnection = connectionOf({ node: ApiKeyRef, of: 'API keys' });

/** Newest first; keys of one moment by id. */
const newestKeys: Keyset<
  { id: string; createdAt: Date },
  Prisma.ApiKeyWhereInput,
  Prisma.ApiKeyOrderByWithRelationInput[]
> = {
  key: (row) => [row.createdAt.toISOString(), row.id],
  beyond([at = '', id = ''], backward) {
    const side = backward ? 'gt' : 'lt';
    return {
      OR: [
        { createdAt: { [side]: new Date(at) } },
        { createdAt: new Date(at), id: { [side]: id } },
      ],
    };
  },
  orderBy: (backward) => {
    const order = backward ? 'asc' : 'desc';
    return [{ createdAt: order }, { id: order }];
  },
};

function keysWhere(
  organizationId: string,
  asked: {
    includeRevoked: boolean;
    mine: boolean;
    search?: string | null | undefined;
    principal: Principal;
  },
): Prisma.ApiKeyWhereInput {
  const { principal, search } = asked;
  const own =
    principal.kind === 'user'
      ? { membership: { userId: principal.userId } }
      : { id: principal.kind === 'apiKey' ? principal.apiKey.id : '' };
  return {
    AND: [
      apiKeysSeenBy(principal),
      { organizationId },
      asked.includeRevoked ? {} : { revokedAt: null },
      search ? { name: { contains: search, mode: 'insensitive' } } : {},
      asked.mine ? own : {},
    ],
  };
}

export const OrganizationRef = builder.prismaObject('Organization', {
  description: 'Who pays: a credit account with its members, keys and rules.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Stable name for programs and addresses.' }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was made.' }),
    retainContentDays: t.exposeInt('retainContentDays', {
      description: 'Days for which prompts and answers are kept; 0, the default, keeps none.',
    }),
    apiKeys: t.field({
      type: ApiKeyConnection,
      nullable: true,
      authScopes: ({ id }) => ({
        organization: { organizationId: id, anyOf: ['KEYS_READ', 'KEYS_WRITE_OWN'] },
      }),
      description:
        'Keys, newest first. Null, with a FORBIDDEN error at this path, when the role of the ' +
        'caller does not include it.',
      args: {
        ...forwardArgs,
        includeRevoked: t.arg.boolean({
          required: true,
          defaultValue: false,
          description: 'List revoked ones too.',
        }),
        search: t.arg.string({ description: 'Part of a name.' }),
        mine: t.arg.boolean({
          required: true,
          defaultValue: false,
          description: "Only the caller's own.",
        }),
      },
      complexity: pageCost,
      resolve({ id }, { includeRevoked, search, mine, ...args }, { rooms, principal }) {
        const all = keysWhere(id, { includeRevoked, search, mine, principal });
        return tablePage({
          list: `apiKeys:${id}`,
          args,
          keyset: newestKeys,
          find: (beyond, orderBy, take) =>
            rooms.storage.prisma.apiKey.findMany({
              where: { AND: [all, beyond ?? {}] },
              orderBy,
              take,
            }),
          count: () => rooms.storage.prisma.apiKey.count({ where: all }),
        });
      },
    }),
    viewerPermissions: t.field({
      type: [PermissionRef],
      description: 'What the caller may do here, so that a client hides what would be refused.',
      resolve({ id }, _args, { rooms, principal }) {
        const granted = rooms.identity.permissions(principal, id);
        return allPermissions.filter((permission) => granted?.has(permission));
      },
    }),
  }),
});

builder.queryField('organization', (t) =>
  t.prismaField({
    type: OrganizationRef,
    nullable: true,
    authScopes: { authenticated: true },
    description: 'One organization; null when there is none of this name or it is not yours.',
    args: { slug: t.arg.string({ required: true, description: 'Its slug.' }) },
    resolve: (query, _root, { slug }, { rooms, principal }) =>
      rooms.storage.prisma.organization.findFirst({
        ...query,
        where: { AND: [organizationsSeenBy(principal), { slug }] },
      }),
  }),
);

findNode('organization', 'Organization', (id, { rooms, principal }) =>
  rooms.storage.prisma.organization.findFirst({
    where: { AND: [organizationsSeenBy(principal), { id }] },
  }),
);

findNode('apiKey', 'ApiKey', (id, { rooms, principal }) =>
  rooms.storage.prisma.apiKey.findFirst({ where: { AND: [apiKeysSeenBy(principal), { id }] } }),
);

findNode('membership', 'Membership', (id, { rooms, principal }) =>
  rooms.storage.prisma.membership.findFirst({
    where: { AND: [membershipsSeenBy(principal), { id }] },
  }),
);
