import { apiKeysSeenBy } from '#identity';
import { isId } from '#kernel';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { ApiKeyRef } from './api-key.ts';
import { UserRef } from './user.ts';

export const Actor = builder.unionType('Actor', {
  description: 'Who did something: a person or a key.',
  types: [UserRef, ApiKeyRef],
  resolveType: (row) => ('hint' in row ? 'ApiKey' : 'User'),
});

/**
 * Who has this id. Null when nobody did it, when it is known no more, and for a key that the caller
 * may not see.
 */
export function actorWithId(id: string | null, { rooms, principal }: Context) {
  if (id === null) return null;
  const { prisma } = rooms.storage;
  if (isId('apiKey', id)) {
    return prisma.apiKey.findFirst({ where: { AND: [apiKeysSeenBy(principal), { id }] } });
  }
  return prisma.user.findFirst({ where: { id } });
}
