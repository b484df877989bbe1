import {
  type GraphQLNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isUnionType,
} from 'graphql';

/** Coordinates of the parts of a type that say nothing of themselves, itself included. */
export function undescribed(type: GraphQLNamedType): string[] {
  return parts(type).flatMap(([place, part]) => (part.description?.trim() ? [] : [place]));
}

type Part = readonly [place: string, part: { readonly description?: string | null | undefined }];

function parts(type: GraphQLNamedType): Part[] {
  const own: Part[] = [[type.name, type]];
  if (isEnumType(type)) {
    return [...own, ...type.getValues().map((each): Part => [`${type}.${each.name}`, each])];
  }
  if (isLeafType(type) || isUnionType(type)) return own;
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    return [...own, ...fields.map((each): Part => [`${type}.${each.name}`, each])];
  }
  const fields = Object.values(type.getFields()).flatMap((field): Part[] => [
    [`${type}.${field.name}`, field],
    ...field.args.map((each): Part => [`${type}.${field.name}(${each.name}:)`, each]),
  ]);
  return [...own, ...fields];
}
