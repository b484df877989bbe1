import { allPermissions, organizationsSeenBy } from '#identity';
import type { Prisma } from '#storage';
import { builder } from '../builder.ts';
import { findNode, NodeInterface } from '../node.ts';
import { connectionOf, forwardArgs, pageCost } from '../rows/connection.ts';
import { containing } from '../rows/containing.ts';
import { newestFirst } from '../rows/newest-first.ts';
import { tablePage } from '../rows/paging.ts';
import { PermissionRef, RoleRef } from './role.ts';

export const OrganizationRef = builder.prismaObject('Organization', {
  description:
    'Who pays: a credit account with its members, keys and rules. An INFERENCE key sees `id`, ' +
    '`slug` and `name` of it.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    slug: t.exposeString('slug', { description: 'Stable name for programs and addresses.' }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    createdAt: t.expose('createdAt', {
      type: 'DateTime',
      authScopes: { beyondInference: true },
      description: 'When it was made. FORBIDDEN to an INFERENCE key.',
    }),
    retainContentDays: t.exposeInt('retainContentDays', {
      authScopes: { beyondInference: true },
      description:
        'Days for which prompts and answers are kept; 0, the default, keeps none. FORBIDDEN to ' +
        'an INFERENCE key.',
    }),
    viewerPermissions: t.field({
      type: [PermissionRef],
      description: 'What the caller may do here, so that a client hides what would be refused.',
      resolve({ id }, _args, { rooms, principal }) {
        const granted = rooms.identity.permissions(principal, id);
        return allPermissions.filter((permission) => granted?.has(permission));
      },
    }),
    viewerRole: t.field({
      type: RoleRef,
      nullable: true,
      description: "The caller's role here; null for keys and for people who are not members.",
      resolve: ({ id }, _args, { rooms, principal }) => rooms.identity.role(principal, id),
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

const newestOrganizations = newestFirst<
  'createdAt',
  Prisma.OrganizationWhereInput,
  Prisma.OrganizationOrderByWithRelationInput
>('createdAt');

function called(search: string): Prisma.OrganizationWhereInput {
  return { OR: [{ name: containing(search) }, { slug: containing(search) }] };
}

builder.queryField('organizations', (t) =>
  t.field({
    type: connectionOf({ node: OrganizationRef, of: 'organizations' }),
    authScopes: { platformAdmin: true },
    description: 'All organizations, the newest first. Platform administrators only.',
    args: {
      search: t.arg.string({ description: 'Part of a name or slug.' }),
      ...forwardArgs,
    },
    complexity: pageCost,
    resolve(_root, { search, ...args }, { rooms, principal }) {
      const all = [organizationsSeenBy(principal), search ? called(search) : {}];
      const { organization } = rooms.storage.prisma;
      return tablePage({
        list: 'organizations',
        args,
        keyset: newestOrganizations,
        find: (beyond, orderBy, take) =>
          organization.findMany({ where: { AND: [...all, beyond ?? {}] }, orderBy, take }),
        count: () => organization.count({ where: { AND: all } }),
      });
    },
  }),
);

findNode('organization', 'Organization', (id, { rooms, principal }) =>
  rooms.storage.prisma.organization.findFirst({
    where: { AND: [organizationsSeenBy(principal), { id }] },
  }),
);
