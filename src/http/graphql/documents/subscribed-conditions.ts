import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';

/**
 * `@skip` and `@include` on the one field of a subscription, each as an error: a subscription is to
 * exactly one field, whatever they say.
 */
export function subscribedConditions(document: DocumentNode): GraphQLError[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const one of document.definitions) {
    if (one.kind === Kind.FRAGMENT_DEFINITION) fragments.set(one.name.value, one);
  }
  return document.definitions
    .flatMap((one) =>
      one.kind === Kind.OPERATION_DEFINITION && one.operation === 'subscription'
        ? rootsOf(one.selectionSet, fragments, new Set())
        : [],
    )
    .flatMap((selection) => conditionsOf(selection));
}

/** What is selected at the root, through fragments, each of them once. */
function rootsOf(
  { selections }: SelectionSetNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
  seen: Set<string>,
): SelectionNode[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection];
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      return [selection, ...rootsOf(selection.selectionSet, fragments, seen)];
    }
    const fragment = fragments.get(selection.name.value);
    if (!fragment || seen.has(selection.name.value)) return [selection];
    seen.add(selection.name.value);
    return [selection, ...rootsOf(fragment.selectionSet, fragments, seen)];
  });
}

const conditionsOf = ({ directives = [] }: SelectionNode): GraphQLError[] =>
  directives
    .filter(({ name }) => name.value === 'skip' || name.value === 'include')
    .map(
      (condition) =>
        new GraphQLError(
          `@${condition.name.value} cannot stand on the field of a subscription. ` +
            'Subscribe only when it is wanted; on fields below it the directive works.',
          { nodes: condition },
        ),
    );
