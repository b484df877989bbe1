import type { Principal } from '#identity';
import { Fault } from '#kernel';
import type { Completion } from './completion.ts';
import type { Completions, Started } from './completions.ts';
import { countStored, listStored } from './list.ts';
import type { Nodes } from './nodes/index.ts';
import type { Registry } from './registry.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './running.ts';
import { mayEnd, ownerOf, readsContent, sees, shownTo } from './shown.ts';
import { startedOf } from './started.ts';
import { findStored } from './stored.ts';

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

  const visible = (principal: Principal, id: string): Running | null => {
    const running = registry.get(id);
    if (!running) return null;
    return sees(identity.current(principal), ownerOf(running), identity) ? running : null;
  };

  const visibleElsewhere = async (principal: Principal, id: string): Promise<Completion | null> => {
    const found = await nodes.find(id);
    return found && sees(identity.current(principal), found, identity) ? found : null;
  };

  /** Whoever reads of an end reads of its charge as well. */
  const find: Finding['find'] = async (principal, id) => {
    const running = visible(principal, id);
    if (running?.ending) await running.settled;
    if (running) return shownTo(principal, running.completion(), identity);
    const stored = await findStored(principal, id, rooms);
    const keptMs = stored && clock.now() - (stored.finishedAt?.getTime() ?? 0);
    if (keptMs !== null && keptMs > keepMs) return stored;
    const found = await visibleElsewhere(principal, id);
    return found ? shownTo(principal, found, identity) : stored;
  };

  const join = async (principal: Principal, id: string): Promise<Started | null> => {
    const running = visible(principal, id);
    if (running) return readable(principal, ownerOf(running)) ? startedOf(running) : null;
    const found = await visibleElsewhere(principal, id);
    return found && readable(principal, found) ? nodes.started(found) : null;
  };
  const readable = (principal: Principal, owner: Parameters<typeof sees>[1]) =>
    readsContent(principal, owner, identity);

  return {
    find,
    join,
    async cancel(principal, id) {
      const running = visible(principal, id);
      const owner = running ? ownerOf(running) : await visibleElsewhere(principal, id);
      const caller = identity.current(principal);
      if (owner && !mayEnd(caller, owner, identity)) throw mayNotEnd();
      running?.end({ kind: 'cancelled' });
      await running?.settled;
      const cancelled = owner && !running ? await nodes.cancel(id) : null;
      return cancelled ? shownTo(caller, cancelled, identity) : find(principal, id);
    },
    /** Each with its content while that is kept here. */
    async list(principal, asked) {
      const stored = await listStored(principal, asked, rooms);
      return stored.map((row) => {
        const running = visible(principal, row.id);
        return running ? shownTo(principal, running.completion(), identity) : row;
      });
    },
    count: (question, most) => countStored(question, most, rooms),
  };
}

const mayNotEnd = () =>
  new Fault('FORBIDDEN', {
    public: 'To cancel what others run needs the permission COMPLETIONS_RUN.',
  });
