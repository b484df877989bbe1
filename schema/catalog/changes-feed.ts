import type { CatalogChange } from '#catalog';
import { dayMs, InvalidInput } from '#kernel';
import { builder } from '../builder.ts';
import type { Context, Rooms } from '../context.ts';
import {
  CatalogChangeFilter,
  CatalogChangeRef,
  type Filter,
  filterOf,
  numberIn,
} from './changes.ts';

function matches(filter: Filter, change: CatalogChange): boolean {
  const { kinds, models, providers, since, until } = filter;
  return (
    (kinds?.includes(change.kind) ?? true) &&
    (models?.includes(change.modelSlug ?? '') ?? true) &&
    (providers?.includes(change.providerSlug ?? '') ?? true) &&
    (since === null || change.at >= since) &&
    (until === null || change.at < until)
  );
}

async function* changes(filter: Filter, after: bigint | null, { rooms, signal }: Context) {
  for await (const change of rooms.catalog.history.follow(after, signal)) {
    if (matches(filter, change)) yield change;
  }
}

const replayedMs = 7 * dayMs;

/** Throws for a cursor that is none of this list, or so old that it marks no gap any more. */
async function checked(cursor: string, { storage, clock }: Rooms): Promise<bigint> {
  const number = numberIn(cursor, 'after');
  const change = await storage.prisma.catalogChange.findUnique({ where: { number } });
  const since = clock.now() - replayedMs;
  if (change && change.at.getTime() >= since) return number;
  const message = change ? 'It is older than 7 days.' : 'There is no such change.';
  const accepted = 'a cursor of the last 7 days; read `Query.catalogChanges`, then follow anew';
  throw InvalidInput.at('after', message, accepted);
}

builder.subscriptionField('catalogChanges', (t) =>
  t.field({
    type: CatalogChangeRef,
    description:
      'What changes in the market, as it happens on any node: those after `after` first, then ' +
      'live; without it live only. Public.',
    args: {
      filter: t.arg({ type: CatalogChangeFilter, description: 'Which changes; all when absent.' }),
      after: t.arg.string({
        description: 'The last `CatalogChange.cursor` that was seen, not older than 7 days.',
      }),
    },
    extensions: { feed: true },
    complexity: 10,
    async subscribe(_root, { filter: given, after: cursor }, context) {
      const filter = filterOf(given, context.rooms);
      const after = cursor == null ? null : await checked(cursor, context.rooms);
      return changes(filter, after, context);
    },
    resolve: (change) => change,
  }),
);
