import type { EndedCredential, Principal } from '#identity';
import { Fault } from '#kernel';
import { beginner, keepMs } from './begin.ts';
import type { Completion } from './completion.ts';
import type { Completions, Embedding, Started } from './completions.ts';
import { estimateCost } from './estimate.ts';
import { countStored, listStored } from './list.ts';
import { Losses } from './losses.ts';
import { matches } from './matching.ts';
import { Registry } from './registry.ts';
import { type Begun, Repeats } from './repeats.ts';
import type { Rooms } from './rooms.ts';
import { Running } from './running.ts';
import { mayEnd, ownerOf, readsContent, sees, shownTo } from './shown.ts';
import { StatusFeed } from './status-feed.ts';
import { StatusViewer } from './status-viewer.ts';
import { findStored } from './stored.ts';
import { Viewer } from './viewer.ts';

/** What the ended completions of a node may weigh together, in bytes. */
const keptBytesMax = 96 * 1024 * 1024;

/** Opens the room: nothing runs yet. */
export function openCompletions(rooms: Omit<Rooms, 'losses'>): Completions {
  return opened({ ...rooms, losses: new Losses(rooms.log) });
}

function opened(rooms: Rooms): Completions {
  const { clock, identity } = rooms;
  const repeats = new Repeats();
  const kept = { clock, keepMs, bytesMax: keptBytesMax };
  const registry = new Registry({ ...kept, forget: (running) => repeats.forget(running) });
  const feed = new StatusFeed();
  const statusChanged = (running: Running) =>
    feed.tell(running.payer.organization.id, () => running.completion());
  const begin = beginner(rooms, { registry, repeats, statusChanged });

  const visible = (principal: Principal, id: string): Running | null => {
    const running = registry.get(id);
    if (!running) return null;
    return sees(identity.current(principal), ownerOf(running), identity) ? running : null;
  };

  const find = async (principal: Principal, id: string): Promise<Completion | null> => {
    const running = visible(principal, id);
    // Whoever reads of an end reads of its charge as well.
    if (running?.ending) await running.settled;
    return running
      ? shownTo(principal, running.completion(), identity)
      : findStored(principal, id, rooms);
  };

  return {
    start: async (principal, input, how) =>
      startedOf(await begin(input, identity.payer(principal, input.organizationId), how)),
    async embed(principal, input, signal) {
      const pays = identity.payer(principal, input.organizationId);
      return embedded(await begin(input, pays, { streamed: false }), signal);
    },
    estimate: (principal, input) => estimateCost(principal, input, rooms),
    join(principal, id) {
      const running = visible(principal, id);
      const readable = running && readsContent(principal, ownerOf(running), identity);
      return readable ? startedOf(running) : null;
    },
    find,
    ...listing(rooms, visible),
    watch: watching(rooms, registry, feed),
    async cancel(principal, id) {
      const running = visible(principal, id);
      const caller = identity.current(principal);
      if (running && !mayEnd(caller, ownerOf(running), identity)) throw mayNotEnd();
      running?.end({ kind: 'cancelled' });
      await running?.settled;
      return find(principal, id);
    },
    endRunsOf(ended) {
      for (const running of registry.live()) {
        if (runsOn(running, ended)) running.end({ kind: 'cancelled' });
      }
    },
    drain: (graceMs) => drain(registry, rooms, graceMs),
    get running() {
      return registry.running;
    },
  };
}

const mayNotEnd = () =>
  new Fault('FORBIDDEN', {
    public: 'To cancel what others run needs the permission COMPLETIONS_RUN.',
  });

/** Without a secret it is the whole key that ended. */
function runsOn({ payer }: Running, { apiKeyId, secretHash }: EndedCredential): boolean {
  return payer.apiKey?.id === apiKeyId && (secretHash ?? payer.secretHash) === payer.secretHash;
}

/** Lists of ended ones, each with its content while that is kept here. */
function listing(
  rooms: Rooms,
  visible: (principal: Principal, id: string) => Running | null,
): Pick<Completions, 'list' | 'count'> {
  return {
    async list(principal, asked) {
      const stored = await listStored(principal, asked, rooms);
      return stored.map((row) => {
        const running = visible(principal, row.id);
        return running ? shownTo(principal, running.completion(), rooms.identity) : row;
      });
    },
    count: (question, most) => countStored(question, most, rooms),
  };
}

/** Completions as they start and end, each time as far as the caller may see them then. */
function watching(rooms: Rooms, registry: Registry, feed: StatusFeed): Completions['watch'] {
  const { clock, identity, market } = rooms;
  return (principal, question, signal) => {
    const shown = (completion: Completion) => {
      const caller = identity.current(principal);
      if (!sees(caller, completion, identity)) return null;
      if (!matches(question, completion, market())) return null;
      return shownTo(caller, completion, identity);
    };
    let leave: (() => void) | undefined;
    const viewer = new StatusViewer({ clock, shown, signal, left: () => leave?.() });
    for (const running of registry.live()) viewer.begin(running.completion());
    if (!signal.aborted) leave = feed.enter(question.organizationId, viewer);
    return viewer;
  };
}

/** A run of this node as its starter or a viewer has it; what is none is that already. */
function startedOf(begun: Begun): Started {
  if (!(begun instanceof Running)) return begun;
  return {
    id: begun.id,
    completion: () => begun.completion(),
    events: (after, signal) => new Viewer(begun, after, signal),
    async wait(signal) {
      const viewer = new Viewer(begun, 0, signal);
      await begun.settled;
      await viewer.return();
      return begun.completion();
    },
    get refused() {
      return begun.ending?.kind === 'refused';
    },
  };
}

async function embedded(begun: Begun, signal: AbortSignal | undefined): Promise<Embedding> {
  const completion = await startedOf(begun).wait(signal);
  return { completion, vectors: begun instanceof Running ? begun.transcript.vectors : null };
}

/** Lets the runs end; after the grace ends them as our own fault, at nobody's cost. */
async function drain(registry: Registry, { clock }: Rooms, graceMs: number): Promise<void> {
  const fault = new Fault('UNAVAILABLE', {
    public: 'The service is restarting. Nothing was charged; try again.',
  });
  const timer = clock.after(graceMs, () => {
    for (const running of registry.live()) running.end({ kind: 'interrupted', fault });
  });
  await Promise.all([...registry.live()].map((running) => running.settled));
  timer.cancel();
}
