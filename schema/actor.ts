import { isId } from '#kernel';
import { ApiKeyRef } from './api-key.ts';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { UserRef } from './user.ts';

export const Actor = builder.unionType('Actor', {
  description: 'Who did something: a person or a key.',
  types: [UserRef, ApiKeyRef],
  resolveType: (row) => ('hint' in row ? 'ApiKey' : 'User'),
});

/** Who has this id; null when nobody did it, or when it is known no more. */
export function actorWithId(id: string | null, { rooms }: Context) {
  if (id === null) return null;
  const { prisma } = rooms.storage;
  if (isId('apiKey', id)) return prisma.apiKey.findFirst({ where: { id } });
  return prisma.user.findFirst({ where: { id } });
}
