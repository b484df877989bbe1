import { type Principal, permissionNeeded } from '#identity';
import type { Completion } from '../completion.ts';
import type { Completions, Started } from '../completions.ts';
import { countStored, listStored } from '../history/list.ts';
import { endsAny, mayEnd, readsContent, sees, shownTo } from '../history/shown.ts';
import { findStored } from '../history/stored.ts';
import type { Nodes } from '../nodes/nodes.ts';
import type { Rooms } from '../rooms.ts';
import { lostWith, mustBeReachable } from './lost.ts';
import type { Registry } from './registry.ts';
import type { Owner, RunOfNode } from './run-of-node.ts';
import { startedOf } from './started.ts';

export interface FindingOptions {
  readonly rooms: Rooms;
  readonly registry: Registry;
  readonly nodes: Nodes;
  /** Content can be read for this long after the end. */
  readonly keepMs: number;
}

type Finding = Pick<Completions, 'find' | 'join' | 'cancel' | 'list' | 'count'>;

/**
 * Completions as a caller may see them: from this node's memory, from the node that runs them, or
 * from the database.
 */
export function finding({ rooms, registry, nodes, keepMs }: FindingOptions): Finding {
  const { clock, identity } = rooms;
  const lost = lostWith(nodes, rooms);

  const visible = (principal: Principal, id: string): RunOfNode | null => {
    const run = registry.get(id);
    if (!run) return null;
    return sees(identity.current(principal), run.owner, identity) ? run : null;
  };

  const visibleElsewhere = async (principal: Principal, id: string): Promise<Completion | null> => {
    const found = await nodes.find(id);
    return found && sees(identity.current(principal), found, identity) ? found : null;
  };

  /** What was refused is told to whoever asked for it, and is none that could be read later. */
  const shown = (principal: Principal, completion: Completion) =>
    completion.status === 'FAILED' && completion.finishReason === null
      ? null
      : shownTo(principal, completion, identity);

  /** Whoever reads of an end reads of its charge as well. */
  const find: Finding['find'] = async (principal, id) => {
    const run = visible(principal, id);
    if (run?.hasEnded) await run.settled;
    if (run) return shown(principal, run.completion());
    const stored = await findStored(principal, id, rooms);
    const keptMs = stored && clock.now() - (stored.finishedAt?.getTime() ?? 0);
    if (keptMs !== null && keptMs > keepMs) return stored;
    const found = await visibleElsewhere(principal, id);
    if (found) return shown(principal, found);
    const left = stored ?? (await lost(principal, id));
    // What a node had acknowledged may have been posted since it was read.
    return left || !nodes.gone(id) ? left : findStored(principal, id, rooms);
  };

  const join = async (principal: Principal, id: string): Promise<Started | null> => {
    const run = visible(principal, id);
    if (run) return readable(principal, run.owner) ? startedOf(run) : null;
    const found = (await visibleElsewhere(principal, id)) ?? (await lost(principal, id));
    return found && readable(principal, found) ? nodes.started(found) : null;
  };
  const readable = (principal: Principal, owner: Owner) => readsContent(principal, owner, identity);

  return {
    find,
    join,
    async cancel(principal, id) {
      const run = visible(principal, id);
      const elsewhere = run ? null : await visibleElsewhere(principal, id);
      const owner = run ? run.owner : elsewhere;
      const caller = identity.current(principal);
      if (owner && !mayEnd(caller, owner, identity)) throw permissionNeeded(endsAny);
      run?.end({ kind: 'cancelled' });
      await run?.settled;
      const cancelled = elsewhere && (await nodes.cancel(id));
      if (elsewhere && !elsewhere.finishedAt && !cancelled) mustBeReachable(id, nodes);
      return cancelled ? shownTo(caller, cancelled, identity) : find(principal, id);
    },
    /** Each with its content while that is kept here. */
    async list(principal, asked) {
      const stored = await listStored(principal, asked, rooms);
      return stored.map((row) => {
        const run = visible(principal, row.id);
        return run ? shownTo(principal, run.completion(), identity) : row;
      });
    },
    count: (question, most) => countStored(question, most, rooms),
  };
}
