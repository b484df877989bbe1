import { Kind, type OperationDefinitionNode, OperationTypeNode } from 'graphql';
import { schema } from '#schema';

/**
 * Whether it subscribes to a feed whose events are the same objects for all who follow it, as the
 * field itself says.
 */
export const isFeed = (operation: OperationDefinitionNode) => says(operation, 'feed');

/** Whether it goes on until somebody ends it: as feeds do, and fields that say so of themselves. */
export const isEndless = (operation: OperationDefinitionNode) =>
  isFeed(operation) || says(operation, 'endless');

function says({ operation, selectionSet }: OperationDefinitionNode, what: string): boolean {
  if (operation !== OperationTypeNode.SUBSCRIPTION) return false;
  const [root] = selectionSet.selections;
  if (root?.kind !== Kind.FIELD) return false;
  const field = schema.getSubscriptionType()?.getFields()[root.name.value];
  return field?.extensions[what] === true;
}
