import { platformChain } from '#audit';
import { type IdKind, InvalidInput, idKind } from '#kernel';
import type { Prisma } from '#storage';
import { builder, isPlatformAdmin } from './builder.ts';
import type { Context, Rooms } from './context.ts';
import { OrganizationRef } from './identity/organization.ts';
import { findNode, NodeInterface } from './node.ts';
import { PlatformRef } from './refs.ts';
import { connectionOf, forwardArgs, pageCost } from './rows/connection.ts';
import { newestNumber } from './rows/newest-number.ts';
import { type PageArgs, tablePage } from './rows/paging.ts';

const AuditEventRef = builder.prismaObject('AuditEvent', {
  description:
    'Something that somebody did to money, access or policy. Never changed, never deleted: each ' +
    'one carries the hash of the one before.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime', description: 'When.' }),
    actor: t.exposeString('actor', {
      description: 'Id of the person or key that acted; `platform` when the platform did itself.',
    }),
    action: t.exposeString('action', { description: 'What was done, as `apiKey.revoked`.' }),
    subject: t.exposeString('subject', { description: 'Id of what it was done to.' }),
    details: t.field({
      type: 'JSON',
      description: 'What was given or changed; never a secret, a prompt or an answer.',
      resolve: ({ details }) => details,
    }),
    address: t.exposeString('address', {
      nullable: true,
      description: 'Network address of the client; null when there was none.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'What the client said it is; null when it said nothing.',
    }),
    hash: t.exposeString('hash', {
      description:
        'SHA-256 over this event and the hash of the one before. The newest one, kept elsewhere, ' +
        'proves later that nothing was changed or cut off.',
    }),
  }),
});

const AuditEventConnection = connectionOf({
  node: AuditEventRef,
  of: 'audit events',
  counted: 'bounded',
});

const AuditFilter = builder.inputType('AuditFilter', {
  description: 'Which events; absent fields do not restrict.',
  fields: (t) => ({
    action: t.string({ description: 'Exactly this action, as `apiKey.revoked`.' }),
    actorId: t.id({ description: 'Done by this person or key.' }),
    subjectId: t.id({ description: 'Done to this.' }),
    since: t.field({ type: 'DateTime', description: 'From then on, inclusive.' }),
    until: t.field({ type: 'DateTime', description: 'Before then, exclusive.' }),
  }),
});

/** Newest first: the number within the chain is the order of the commits. */
const newestEvents = newestNumber<
  'number',
  Prisma.AuditEventWhereInput,
  Prisma.AuditEventOrderByWithRelationInput
>('number');

const actorKinds: readonly (IdKind | null)[] = ['user', 'apiKey'];

type Filter = typeof AuditFilter.$inferInput | null | undefined;

function eventsWhere(chain: string, filter: Filter): Prisma.AuditEventWhereInput {
  const { action, actorId, subjectId, since, until } = filter ?? {};
  if (actorId && !actorKinds.includes(idKind(actorId))) {
    throw InvalidInput.at(
      'filter.actorId',
      'It is not an id of such a kind.',
      'the id of a person or a key',
    );
  }
  if (subjectId && !idKind(subjectId)) {
    throw InvalidInput.at('filter.subjectId', 'It is not an id.', 'an id, as `key_…`');
  }
  return {
    chain,
    ...(action ? { action } : {}),
    ...(actorId ? { actor: actorId } : {}),
    ...(subjectId ? { subject: subjectId } : {}),
    ...(since ? { at: { gte: since } } : {}),
    ...(until ? { AND: [{ at: { lt: until } }] } : {}),
  };
}

interface Asked {
  readonly chain: string;
  readonly args: PageArgs;
  readonly filter: Filter;
}

function eventsPage({ chain, args, filter }: Asked, { storage: { prisma } }: Rooms) {
  const all = eventsWhere(chain, filter);
  return tablePage({
    list: `auditLog:${chain}`,
    args,
    keyset: newestEvents,
    find: (beyond, orderBy, take) =>
      prisma.auditEvent.findMany({ where: { AND: [all, beyond ?? {}] }, orderBy, take }),
    count: () => prisma.auditEvent.count({ where: all }),
  });
}

const listArgs = {
  ...forwardArgs,
  ...builder.args((t) => ({
    filter: t.field({ type: AuditFilter, description: 'Filter; all when absent.' }),
  })),
};

builder.prismaObjectField(OrganizationRef, 'auditLog', (t) =>
  t.field({
    type: AuditEventConnection,
    nullable: true,
    authScopes: ({ id }) => ({ organization: { organizationId: id, anyOf: ['AUDIT_READ'] } }),
    description:
      'Who did what to money, access and policy, newest first. Null, with a FORBIDDEN error at ' +
      'this path, when the role of the caller does not include it.',
    args: listArgs,
    complexity: pageCost,
    resolve: ({ id }, { filter, ...args }, { rooms }) =>
      eventsPage({ chain: id, args, filter }, rooms),
  }),
);

builder.objectField(PlatformRef, 'auditLog', (t) =>
  t.field({
    type: AuditEventConnection,
    nullable: true,
    authScopes: { platformAdmin: true },
    description:
      'Events that belong to no organization, newest first: the catalog, the start. Null, with a ' +
      'FORBIDDEN error at this path, except to platform administrators.',
    args: listArgs,
    complexity: pageCost,
    resolve: (rooms, { filter, ...args }) =>
      eventsPage({ chain: platformChain, args, filter }, rooms),
  }),
);

function mayRead(context: Context, chain: string): boolean {
  if (chain === platformChain) return isPlatformAdmin(context);
  const { rooms, principal } = context;
  return rooms.identity.permissions(principal, chain)?.has('AUDIT_READ') ?? false;
}

findNode('auditEvent', 'AuditEvent', async (id, context) => {
  const event = await context.rooms.storage.prisma.auditEvent.findFirst({ where: { id } });
  return event && mayRead(context, event.chain) ? event : null;
});
