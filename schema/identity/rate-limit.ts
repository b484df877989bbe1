import type { RequestLimit } from '#limits';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';

const RequestLimitRef = builder
  .objectRef<Pick<RequestLimit, 'limit' | 'remaining' | 'resetAt'>>('RequestLimit')
  .implement({
    description: 'How far something that is limited is used.',
    fields: (t) => ({
      limit: t.exposeInt('limit', { description: 'The limit.' }),
      remaining: t.exposeInt('remaining', { description: 'How much of it is left now.' }),
      resetAt: t.expose('resetAt', {
        type: 'DateTime',
        description: 'When all of it is available again.',
      }),
    }),
  });

const RateLimitRef = builder.objectRef<Context>('RateLimit').implement({
  description: "The caller's own allowance: of documents by their cost, and of requests.",
  fields: (t) => ({
    limit: t.int({
      description: 'Points of document cost in a minute.',
      resolve: ({ limits }) => limits.points().limit,
    }),
    remaining: t.int({
      description: 'Points that are left; `extensions.cost` says what a document took of them.',
      resolve: ({ limits }) => limits.points().remaining,
    }),
    resetAt: t.field({
      type: 'DateTime',
      description: 'When all points are available again.',
      resolve: ({ limits }) => limits.points().resetAt,
    }),
    requests: t.field({
      type: RequestLimitRef,
      nullable: true,
      description: 'Requests of this key in a minute; null without a limit.',
      resolve({ rooms, principal }) {
        if (principal.kind !== 'apiKey' || principal.apiKey.requestsPerMinute === null) return null;
        return rooms.limits.lookShared(principal.apiKey.id, principal.apiKey.requestsPerMinute);
      },
    }),
    operations: t.field({
      type: RequestLimitRef,
      nullable: true,
      description: 'Running operations on this socket; null over HTTP.',
      resolve: ({ limits }) => limits.operations(),
    }),
  }),
});

builder.queryField('rateLimit', (t) =>
  t.field({
    type: RateLimitRef,
    nullable: true,
    description: "The caller's own allowance of document cost and requests.",
    resolve: (_root, _args, context) => context,
  }),
);
