import type { CompletionInput, MessageInput } from '#completions';

/** Of prose, on average over the vocabularies in use. */
const charactersPerToken = 4;

/**
 * About how many tokens a prompt has, for whoever wants a figure before the provider has counted.
 * Costs next to nothing; media are left out.
 */
export function roughPromptTokens({ messages, tools }: CompletionInput): number {
  const said = (messages ?? []).reduce((sum, message) => sum + charactersOf(message), 0);
  const offered = tools?.length ? JSON.stringify(tools).length : 0;
  return Math.ceil((said + offered) / charactersPerToken);
}

function charactersOf({ content, parts, toolCalls }: MessageInput): number {
  const texts = (parts ?? []).map((part) => part.text?.length ?? 0);
  const calls = (toolCalls ?? []).map((call) => call.name.length + call.arguments.length);
  return [...texts, ...calls].reduce((sum, length) => sum + length, content?.length ?? 0);
}
