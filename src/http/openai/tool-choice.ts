import type { ToolInput } from '#completions';
import { InvalidInput } from '#kernel';

/** What both of OpenAI's forms say of the tools that may be called. */
export type ToolChoice =
  | string
  | { readonly mode: 'auto' | 'required'; readonly allowed: readonly string[] }
  | null;

/**
 * A choice that allows some of the tools is said to providers by the tools that they are sent: few
 * of them know such a choice, and none calls what it was not told of.
 */
export function chosen(tools: readonly ToolInput[] | null, choice: ToolChoice) {
  if (choice === null || typeof choice === 'string') return { tools, toolChoice: choice };
  const allowed = new Set(choice.allowed);
  const kept = (tools ?? []).filter(({ name }) => allowed.delete(name));
  const [unknown] = allowed;
  if (unknown === undefined) return { tools: kept, toolChoice: choice.mode };
  const message = `There is no tool "${unknown.slice(0, 64)}".`;
  throw new InvalidInput([{ path: 'tool_choice', message, accepted: 'names of `tools`' }]);
}
