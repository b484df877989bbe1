import type { Principal } from '#identity';
import { dayMs, Fault, readCompletionId } from '#kernel';
import { blankCompletion, type Completion } from '../completion.ts';
import { storedCompletion } from '../history/stored.ts';
import type { Nodes } from '../nodes/nodes.ts';
import { nodeGone } from '../nodes/orphans.ts';
import type { Rooms } from '../rooms.ts';
import { idTags } from '../tags.ts';

/**
 * Tells one that this credential asked for within a day and of which its node, now gone, left
 * nothing: it failed. Null for any other.
 *
 * @throws Fault UNAVAILABLE when it may be at a node that does not answer.
 */
export type Lost = (principal: Principal, id: string) => Promise<Completion | null>;

export function lostWith(nodes: Nodes, rooms: Rooms): Lost {
  const tags = idTags(rooms.cipher);
  return async (principal, id) => {
    mustBeReachable(id, nodes);
    const { atMs } = readCompletionId(id) ?? { atMs: 0 };
    if (rooms.clock.now() - atMs > dayMs) return null;
    if (!nodes.gone(id) || !tags.isOf(id, principal)) return null;
    if (await storedCompletion(id, rooms)) return null;
    const blank = blankCompletion({ id, error: nodeGone(), at: new Date(atMs) }, principal);
    return { ...blank, finishReason: 'ERROR' };
  };
}

/** What may be at a node that does not answer is not said to be nowhere. */
export function mustBeReachable(id: string, nodes: Nodes): void {
  if (!nodes.unreachable(id)) return;
  throw new Fault('UNAVAILABLE', {
    public: 'The node that may have this completion does not answer now. Try again.',
    retryAfterMs: 1_000,
  });
}
