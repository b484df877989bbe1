import { type GraphQLSchema, isAbstractType, isInterfaceType } from 'graphql';

/**
 * Coordinates of the fields whose nullability is part of the promise: those of the roots, and those
 * that two members of one interface or union share. A client selects the latter in one breath, and
 * `… on A { x } … on B { x }` is refused when one `x` may be null and the other may not.
 */
export function sharedFields(schema: GraphQLSchema): Set<string> {
  const places = new Set<string>();
  const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
  for (const root of roots) {
    for (const field of Object.keys(root?.getFields() ?? {})) places.add(`${root}.${field}`);
  }
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isAbstractType(type)) continue;
    const own = isInterfaceType(type) ? [type] : [];
    const members = [...own, ...schema.getPossibleTypes(type)];
    for (const [field, holders] of byField(members)) {
      if (holders.length > 1) for (const holder of holders) places.add(`${holder}.${field}`);
    }
  }
  return places;
}

interface Holder {
  readonly name: string;
  getFields(): Readonly<Record<string, unknown>>;
}

function byField(members: readonly Holder[]): Map<string, string[]> {
  const holders = new Map<string, string[]>();
  for (const member of members) {
    for (const field of Object.keys(member.getFields())) {
      holders.set(field, [...(holders.get(field) ?? []), member.name]);
    }
  }
  return holders;
}
