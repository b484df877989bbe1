import { builder } from '../builder.ts';
import { ApiKeyRef } from './api-key.ts';
import { UserRef } from './user.ts';

const Viewer = builder.unionType('Viewer', {
  description: 'Who asks: a person or a key.',
  types: [UserRef, ApiKeyRef],
  resolveType: (row) => ('hint' in row ? 'ApiKey' : 'User'),
});

builder.queryField('viewer', (t) =>
  t.field({
    type: Viewer,
    nullable: true,
    description: 'Whose the credentials are: a person or an API key. Null for an anonymous caller.',
    resolve(_root, _args, { rooms, principal }) {
      if (principal.kind === 'apiKey') {
        return rooms.storage.prisma.apiKey.findFirst({ where: { id: principal.apiKey.id } });
      }
      if (principal.kind === 'anonymous') return null;
      return rooms.storage.prisma.user.findFirst({ where: { id: principal.userId } });
    },
  }),
);
