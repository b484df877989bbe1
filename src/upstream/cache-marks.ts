import type { CacheMarked, ChatMessage, ChatRequest, ContentPart, ToolCall } from './connector.ts';

/** The parts of a message; a mark behind the message is one on what it says last. */
export function markedParts(message: ChatMessage): readonly ContentPart[] {
  const { content } = message;
  const parts = typeof content === 'string' ? [{ type: 'text', text: content } as const] : content;
  return message.toolCalls?.length ? (parts ?? []) : lastMarked(parts ?? [], message);
}

/** The same of the tools that it calls, which stand behind the parts. */
export const markedCalls = (message: ChatMessage): readonly ToolCall[] =>
  lastMarked(message.toolCalls ?? [], message);

function lastMarked<One extends CacheMarked>(all: readonly One[], { cacheTtl }: CacheMarked) {
  const last = all.at(-1);
  if (!cacheTtl || !last || last.cacheTtl) return all;
  return [...all.slice(0, -1), { ...last, cacheTtl }];
}

/** The last mark among them, if any. */
export function lastMark(all: readonly CacheMarked[]): CacheMarked {
  const last = all.findLast(({ cacheTtl }) => cacheTtl)?.cacheTtl;
  return last ? { cacheTtl: last } : {};
}

type Prompt = Pick<ChatRequest, 'messages' | 'tools'>;

/** Whether anything is to be kept for an hour. */
export const keptForAnHour = (prompt: Prompt): boolean =>
  marksIn(prompt).some((ttl) => ttl === '1h');

/** How many marks there are, one behind a message and on the last that it says being one. */
export const countMarks = (prompt: Prompt): number => marksIn(prompt).length;

const marksIn = ({ messages, tools }: Prompt) =>
  [
    ...(tools ?? []),
    ...messages.flatMap((message) => [...markedParts(message), ...markedCalls(message)]),
  ].flatMap(({ cacheTtl }) => cacheTtl ?? []);
