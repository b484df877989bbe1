import { type IdKind, InvalidInput, idKind } from '#kernel';
import { builder } from './builder.ts';
import type { Context } from './context.ts';
import { rowsCounted } from './rows/paging.ts';

/** Whatever has an id of its own. */
export interface Identified {
  readonly id: string;
}

type Finder = (id: string, context: Context) => Promise<object | null> | object | null;

const finders = new Map<IdKind, { typeName: string; find: Finder }>();

/**
 * Tells `node` how a kind of id is looked up. A finder answers null for what is not there or not
 * the caller's.
 */
export function findNode(kind: IdKind, typeName: string, find: Finder): void {
  finders.set(kind, { typeName, find });
}

export const NodeInterface = builder.interfaceRef<Identified>('Node').implement({
  description: 'Whatever has an id of its own and can be fetched again with `node(id:)`.',
  resolveType: ({ id }) => finders.get(idKind(id) as IdKind)?.typeName,
  fields: (t) => ({
    id: t.exposeID('id', {
      description: 'Opaque and stable. Its prefix names the type (`mdl_`, `end_`, `cmp_`, …).',
    }),
  }),
});

async function find(id: string, context: Context): Promise<Identified | null> {
  const kind = idKind(id);
  const found = kind && (await finders.get(kind)?.find(id, context));
  return (found as Identified | null | undefined) ?? null;
}

const idsMax = 100;

builder.queryFields((t) => ({
  node: t.field({
    type: NodeInterface,
    nullable: true,
    description: 'Anything that has an id; null when it does not exist or is not yours to see.',
    args: { id: t.arg.id({ required: true, description: 'The id, of whatever type.' }) },
    resolve: (_root, { id }, context) => find(id, context),
  }),
  nodes: t.field({
    type: [NodeInterface],
    nullable: { list: false, items: true },
    description:
      'Several at once, in the order of `ids`; null where one is not there or not yours.',
    args: { ids: t.arg.idList({ required: true, description: 'One to 100 ids.' }) },
    complexity: ({ ids }) => ({ field: 1, multiplier: rowsCounted(ids.length) }),
    resolve(_root, { ids }, context) {
      if (ids.length >= 1 && ids.length <= idsMax) return ids.map((id) => find(id, context));
      throw InvalidInput.at('ids', `There are ${ids.length} of them.`, '1 to 100 ids');
    },
  }),
}));
