import { type EndedCredential, type Payer, type Principal, unauthenticated } from '#identity';
import { Fault, InvalidInput } from '#kernel';
import { RunningAnswers } from './attempt/running-answers.ts';
import { beginner } from './begin.ts';
import { type Completion, keepMs } from './completion.ts';
import type { Completions } from './completions.ts';
import { Distrust } from './cost/distrust.ts';
import { estimateCost } from './cost/estimate.ts';
import { Losses } from './cost/losses.ts';
import type { Ending } from './endings.ts';
import { StatusFeed } from './feed/status-feed.ts';
import { StatusViewer } from './feed/status-viewer.ts';
import { KeptContent } from './history/kept-content.ts';
import { matches } from './history/matching.ts';
import { daysKept, readableUntil, sees, shownTo } from './history/shown.ts';
import { issuesOf, type RunInput } from './input/embed-input.ts';
import { type Nodes, openNodes } from './nodes/nodes.ts';
import type { Rooms } from './rooms.ts';
import { finding } from './runs/finding.ts';
import { Registry } from './runs/registry.ts';
import { type Begun, Repeats } from './runs/repeats.ts';
import type { Running } from './runs/running.ts';
import { startedOf } from './runs/started.ts';

/** What the ended completions of a node may weigh together, in bytes. */
const keptBytesMax = 48 * 1024 * 1024;

/** What is given; the rest is the room's own. */
export type GivenRooms = Omit<Rooms, 'losses' | 'distrust' | 'answers' | 'kept'>;

/** Opens the room: nothing runs yet. */
export function openCompletions(rooms: GivenRooms): Completions {
  const kept = new KeptContent(rooms);
  const { clock, log } = rooms;
  const losses = new Losses(log);
  const own = { losses, distrust: new Distrust(clock, log), answers: new RunningAnswers(), kept };
  return opened({ ...rooms, ...own }, kept);
}

function opened(rooms: Rooms, keptContent: KeptContent): Completions {
  const { clock, identity } = rooms;
  const repeats = new Repeats();
  const forget = (id: string) => {
    repeats.forget(id);
    nodes.forget(id);
  };
  const kept = { clock, keepMs, bytesMax: keptBytesMax };
  const registry = new Registry({ ...kept, forget });
  const feed = new StatusFeed(rooms.log);
  const nodes = openNodes(rooms, registry, feed);
  const statusChanged = (running: Running) => {
    const { id } = running.payer.organization;
    feed.tell(id, () => running.completion());
    nodes.changed(id, () => running.completion());
  };
  const begin = beginner(rooms, { registry, repeats, nodes, statusChanged });

  return {
    async start(principal, input, how) {
      const { begun, isNew } = await begin(input, payerOf(principal, input, identity), how);
      if (how.detached) await detach(begun, nodes);
      return startedOf(begun, isNew);
    },
    async embed(principal, input, signal) {
      const pays = payerOf(principal, input, identity);
      const { begun } = await begin(input, pays, { streamed: false });
      const completion = await startedOf(begun).wait(signal);
      return { completion, vectors: completion.content?.vectors ?? null };
    },
    estimate: (principal, input) => estimateCost(principal, input, rooms),
    ...finding({ rooms, registry, nodes, keepMs }),
    ...reading(rooms, keptContent, nodes),
    watch: watching(rooms, registry, feed),
    endRunsOf(ended) {
      for (const running of registry.live()) {
        if (runsOn(running, ended)) running.end(endingWithoutKey(running));
      }
    },
    endRunsOfMember(membershipId) {
      for (const running of registry.live()) {
        if (running.payer.membershipId === membershipId) running.end({ kind: 'cancelled' });
      }
    },
    drain: (graceMs) => drain(registry, rooms, graceMs),
    async close() {
      await nodes.close();
      await keptContent.close();
    },
    get running() {
      return registry.running;
    },
  };
}

/** Whoever asks for a detached one gets it, also when it joined one that is not. */
async function detach(begun: Begun, nodes: Nodes): Promise<void> {
  if ('detach' in begun) begun.detach();
  else if (!begun.completion().finishedAt) await nodes.detach(begun.id);
}

/** Who pays; with an organization that is no id at all, everything else that is wrong is told. */
function payerOf(principal: Principal, input: RunInput, identity: Rooms['identity']): Payer {
  try {
    return identity.payer(principal, input.organizationId);
  } catch (thrown) {
    if (!(thrown instanceof InvalidInput)) throw thrown;
    throw new InvalidInput([...thrown.issues, ...issuesOf(input)]);
  }
}

/** What is not admitted yet is refused, as the key's next request is. */
const endingWithoutKey = ({ state }: Running): Ending =>
  state === 'QUEUED' ? { kind: 'refused', fault: unauthenticated() } : { kind: 'cancelled' };

/** Without a secret it is the whole key that ended. */
function runsOn({ payer }: Running, { apiKeyId, secretHash }: EndedCredential): boolean {
  return payer.apiKey?.id === apiKeyId && (secretHash ?? payer.secretHash) === payer.secretHash;
}

/** What was said, from this node's memory or another's, or as the organization keeps it. */
function reading(
  { clock, identity }: Rooms,
  kept: KeptContent,
  nodes: Nodes,
): Pick<Completions, 'content' | 'readableUntil'> {
  const elsewhere = async (principal: Principal, { id, finishedAt }: Completion) => {
    const gone = finishedAt !== null && clock.now() - finishedAt.getTime() > keepMs;
    const found = gone ? null : await nodes.find(id);
    return found && shownTo(identity.current(principal), found, identity).content;
  };
  return {
    async content(principal, completion) {
      const remembered = completion.content ?? (await elsewhere(principal, completion));
      if (remembered) return remembered;
      const caller = identity.current(principal);
      const until = readableUntil(caller, completion, identity);
      const days = daysKept(caller, completion, identity);
      if (days === 0 || !until || until.getTime() <= clock.now()) return null;
      const said = await kept.find(completion.id);
      return said && { ...said, images: [], vectors: null, availableUntil: until };
    },
    readableUntil: (principal, completion) =>
      readableUntil(identity.current(principal), completion, identity),
  };
}

/** Completions as they start and end, each time as far as the caller may see them then. */
function watching(rooms: Rooms, registry: Registry, feed: StatusFeed): Completions['watch'] {
  const { clock, identity, market } = rooms;
  return (principal, question, signal) => {
    const shown = (completion: Completion) => {
      const caller = stillValid(principal, identity);
      if (!caller || !sees(caller, completion, identity)) return null;
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

/** Null once its credential has ended: whoever let it in sends it away a moment later. */
function stillValid(principal: Principal, identity: Rooms['identity']): Principal | null {
  try {
    return identity.current(principal);
  } catch (thrown) {
    if (Fault.from(thrown).code === 'UNAUTHENTICATED') return null;
    throw thrown;
  }
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
