import type { CacheMarkInput, CompletionInput, MessageInput } from './input.ts';
import type { Issues } from './issues.ts';

/** As many as Anthropic and Amazon take in one request. */
const marksMax = 4;

/** The mark behind a message; one on the last that it says stands there already. */
export function markBehind(message: MessageInput): CacheMarkInput | null {
  const last = message.toolCalls?.at(-1) ?? message.parts?.at(-1);
  return last?.cacheControl ? null : (message.cacheControl ?? null);
}

/**
 * Refuses what a provider would refuse, or cut to four without a word: whichever marks were left
 * out here, somebody would pay for a prompt that he believes is cached.
 */
export function checkMarks(issues: Issues, { messages, tools }: CompletionInput, at: string): void {
  const inMessages = messages.flatMap((message) => [
    ...(message.parts ?? []),
    ...(message.toolCalls ?? []),
    { cacheControl: markBehind(message) },
  ]);
  const marks = [...(tools ?? []), ...inMessages].filter(({ cacheControl }) => cacheControl).length;
  if (marks <= marksMax) return;
  const message = `They have ${marks} prompt cache marks, those of tools included.`;
  issues.add(`${at}.messages`, message, `at most ${marksMax}`);
}
