import { providerKeysSeenBy } from '#provider-keys';
import type { Prisma } from '#storage';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { OrganizationRef } from '../identity/organization.ts';
import { findNode, NodeInterface } from '../node.ts';
import { ProviderRef } from '../refs.ts';
import { connectionOf, forwardArgs, pageCost } from '../rows/connection.ts';
import { newestFirst } from '../rows/newest-first.ts';
import { tablePage } from '../rows/paging.ts';
import { written } from '../rows/written.ts';

/** Who runs on a key sees which one it is; how it fares is for those who read keys. */
const readsKeys = ({ organizationId }: { organizationId: string }, context: Context) =>
  context.rooms.identity.permissions(context.principal, organizationId)?.has('KEYS_READ') ?? false;

export const ProviderKeyRef = builder.prismaObject('ProviderKey', {
  description:
    "A provider credential of the organization's own; requests through it are billed by the " +
    'provider, and only the fee is charged here. The credential itself is never shown.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    organization: t.relation('organization', {
      description: 'The organization whose requests use it.',
    }),
    provider: t.field({
      type: ProviderRef,
      description: 'Where it is valid.',
      resolve: ({ providerId }, _args, { rooms }) =>
        written(rooms.catalog.market().provider(providerId) ?? null),
    }),
    name: t.exposeString('name', { description: 'Name for people.' }),
    hint: t.exposeString('hint', {
      description: 'The only part of the credential that is kept readable.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    fallbackToPlatform: t.exposeBoolean('fallbackToPlatform', {
      description:
        "Whether the platform's credential is used, at the full price, when this one is refused " +
        'or fails.',
    }),
    enabled: t.exposeBoolean('enabled', {
      description: 'False: it is kept, and requests go as if it were not there.',
    }),
    lastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When it was last used, to the minute; null when never, and without KEYS_READ.',
      resolve(key, _args, context) {
        if (!readsKeys(key, context)) return null;
        return context.rooms.providerKeys.condition(key.id)?.at ?? key.lastUsedAt;
      },
    }),
    lastError: t.string({
      nullable: true,
      description:
        'The last refusal by the provider; null once it was taken again, and without KEYS_READ.',
      resolve(key, _args, context) {
        if (!readsKeys(key, context)) return null;
        const known = context.rooms.providerKeys.condition(key.id);
        return known ? known.error : key.lastError;
      },
    }),
  }),
});

findNode('providerKey', 'ProviderKey', (id, { rooms, principal }) =>
  rooms.storage.prisma.providerKey.findFirst({
    where: { AND: [providerKeysSeenBy(principal), { id }] },
  }),
);

const ProviderKeyConnection = connectionOf({ node: ProviderKeyRef, of: 'own provider keys' });

const newest = newestFirst<
  'createdAt',
  Prisma.ProviderKeyWhereInput,
  Prisma.ProviderKeyOrderByWithRelationInput
>('createdAt');

builder.prismaObjectField(OrganizationRef, 'providerKeys', (t) =>
  t.field({
    type: ProviderKeyConnection,
    nullable: true,
    authScopes: ({ id }) => ({ organization: { organizationId: id, anyOf: ['KEYS_READ'] } }),
    description:
      'Own credentials at providers, newest first. Null, with a FORBIDDEN error at this path, ' +
      'without KEYS_READ.',
    args: forwardArgs,
    complexity: pageCost,
    resolve({ id }, args, { rooms, principal }) {
      const all = { AND: [providerKeysSeenBy(principal), { organizationId: id }] };
      const { providerKey } = rooms.storage.prisma;
      return tablePage({
        list: `providerKeys:${id}`,
        args,
        keyset: newest,
        find: (beyond, orderBy, take) =>
          providerKey.findMany({ where: { AND: [all, beyond ?? {}] }, orderBy, take }),
        count: () => providerKey.count({ where: all }),
      });
    },
  }),
);
