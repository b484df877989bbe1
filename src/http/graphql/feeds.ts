import { Kind, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import { schema } from '#schema';

/**
 * Whether it subscribes to a feed whose events are the same objects for all who follow it, as the
 * field itself says.
 */
export function isFeed({ operation, selectionSet }: OperationDefinitionNode): boolean {
  if (operation !== OperationTypeNode.SUBSCRIPTION) return false;
  const [root] = selectionSet.selections;
  if (root?.kind !== Kind.FIELD) return false;
  const field = schema.getSubscriptionType()?.getFields()[root.name.value];
  return field?.extensions['feed'] === true;
}
