import { isId } from '#kernel';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { ApiKeyRef, apiKeySeen } from './api-key.ts';
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
export function actorWithId(id: string | null, context: Context) {
  if (id === null) return null;
  if (isId('apiKey', id)) return apiKeySeen(id, context);
  return context.rooms.storage.prisma.user.findFirst({ where: { id } });
}
