import { apiKeysSeenBy, type Principal } from '#identity';
import type { Prisma } from '#storage';
import { builder } from '../builder.ts';
import type { Rooms } from '../context.ts';
import { connectionOf, forwardArgs, pageCost } from '../rows/connection.ts';
import { containing } from '../rows/containing.ts';
import { newestFirst } from '../rows/newest-first.ts';
import { cursorOf, type PageArgs, tablePage } from '../rows/paging.ts';
import { ApiKeyRef } from './api-key.ts';
import { MembershipRef } from './membership.ts';
import { OrganizationRef } from './organization.ts';

const ApiKeyConnection = connectionOf({ node: ApiKeyRef, of: 'API keys' });
export const ApiKeyEdge = ApiKeyConnection.edge;

const newest = newestFirst<
  'createdAt',
  Prisma.ApiKeyWhereInput,
  Prisma.ApiKeyOrderByWithRelationInput
>('createdAt');

const listOf = (organizationId: string) => `apiKeys:${organizationId}`;

/** A key's place in the list of its organization's keys, for a client that adds it there itself. */
export const keyCursor = (key: { id: string; organizationId: string; createdAt: Date }) =>
  cursorOf(listOf(key.organizationId), newest.key(key));

function keyPage(list: string, all: Prisma.ApiKeyWhereInput, asked: PageArgs & { rooms: Rooms }) {
  const { rooms, ...args } = asked;
  const { apiKey } = rooms.storage.prisma;
  return tablePage({
    list,
    args,
    keyset: newest,
    find: (beyond, orderBy, take) =>
      apiKey.findMany({ where: { AND: [all, beyond ?? {}] }, orderBy, take }),
    count: () => apiKey.count({ where: all }),
  });
}

/** The principal's own: a person's, or the key itself. */
function ownKeys(principal: Principal): Prisma.ApiKeyWhereInput {
  if (principal.kind === 'user') return { membership: { userId: principal.userId } };
  return { id: principal.kind === 'apiKey' ? principal.apiKey.id : '' };
}

builder.prismaObjectField(OrganizationRef, 'apiKeys', (t) =>
  t.field({
    type: ApiKeyConnection,
    nullable: true,
    authScopes: ({ id }) => ({
      organization: { organizationId: id, anyOf: ['KEYS_READ', 'KEYS_WRITE_OWN'] },
    }),
    description:
      'Keys, newest first; with KEYS_WRITE_OWN alone the own ones. Null, with a FORBIDDEN error ' +
      'at this path, when the role of the caller does not include it.',
    args: {
      ...forwardArgs,
      includeRevoked: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'List revoked ones too.',
      }),
      search: t.arg.string({ description: 'Part of a name, in any letter case.' }),
      mine: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: "Only the caller's own.",
      }),
    },
    complexity: pageCost,
    resolve({ id }, { includeRevoked, search, mine, ...args }, { rooms, principal }) {
      const all: Prisma.ApiKeyWhereInput[] = [apiKeysSeenBy(principal), { organizationId: id }];
      if (!includeRevoked) all.push({ revokedAt: null });
      if (search) all.push({ name: containing(search) });
      if (mine) all.push(ownKeys(principal));
      return keyPage(listOf(id), { AND: all }, { ...args, rooms });
    },
  }),
);

builder.prismaObjectField(MembershipRef, 'apiKeys', (t) =>
  t.field({
    type: ApiKeyConnection,
    nullable: true,
    description:
      'The keys that spend the budget of the member and are not revoked, newest first: those ' +
      'that the caller may see.',
    args: forwardArgs,
    complexity: pageCost,
    resolve: ({ id }, args, { rooms, principal }) =>
      keyPage(
        `memberKeys:${id}`,
        { AND: [apiKeysSeenBy(principal), { membershipId: id, revokedAt: null }] },
        { ...args, rooms },
      ),
  }),
);
