import { createHash } from 'node:crypto';
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

/**
 * A name for what a marked prompt begins with, the same in every request that can find its cache
 * again: up to the first mark, and no further than the first that is asked, since a mark at the end
 * moves with each turn. Null without a mark: such prompts are not known to share a cache.
 */
export function cachedBeginning(prompt: Prompt): string | null {
  if (countMarks(prompt) === 0) return null;
  const hash = createHash('sha256');
  for (const piece of beginningOf(prompt)) {
    hash.update(JSON.stringify(piece));
    if (piece.cacheTtl) break;
  }
  return hash.digest('base64url');
}

function* beginningOf({ tools, messages }: Prompt): Generator<CacheMarked, void, undefined> {
  yield* tools ?? [];
  for (const message of messages) {
    yield* markedParts(message);
    if (message.role !== 'system' && message.role !== 'developer') return;
  }
}
