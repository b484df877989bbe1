import { oneAtATime, readCompletionId } from '#kernel';
import type { Completion } from '../completion.ts';
import type { Started } from '../completions.ts';
import type { StatusFeed } from '../feed/status-feed.ts';
import { storedCompletion } from '../history/stored.ts';
import type { Rooms } from '../rooms.ts';
import type { Registry } from '../runs/registry.ts';
import type { Running } from '../runs/running.ts';
import { Answering } from './answering.ts';
import { Asking } from './asking.ts';
import { type Copies, openCopies } from './copies.ts';
import { Copying } from './copying.ts';
import { Hearing } from './hearing.ts';
import { Interest } from './interest.ts';
import { Orphans, orphan, orphanEnd } from './orphans.ts';
import { type Letter, openPost } from './post.ts';
import { RemoteViewer, type RemoteViewerOptions } from './remote-viewer.ts';
import { RemoteViewers } from './remote-viewers.ts';
import { completionFromWire, eventFromWire, type WireCompletion } from './wire.ts';

/** The completions of other nodes, as if they were here. */
export interface Nodes {
  /** Whether it may be at a node that is alive and does not answer. */
  unreachable(id: string): boolean;
  /** The session that its id names has ended: what that acknowledged is in the ledger. */
  gone(id: string): boolean;
  /**
   * One that runs on another node, is still kept there, or was copied by one that does not answer;
   * null when nothing tells of it.
   */
  find(id: string): Promise<Completion | null>;
  /** Cancels one and waits for its settlement; null like `find`. */
  cancel(id: string): Promise<Completion | null>;
  /** Has one run to its end whoever is watching, at its node, for as long as that answers. */
  detach(id: string): Promise<void>;
  /** Follows one that was found. */
  started(found: Completion): Started;
  /** The status of a completion of this node has changed. */
  changed(organizationId: string, completion: () => Completion): void;
  /** Copies a run of this node for the others from now on. */
  copy(running: Running): void;
  /** An ended one of this node is not kept any more. */
  forget(id: string): void;
  /** Finishes the copies of what has ended. */
  close(): Promise<void>;
}

/** Without an answer a node is asked so often whether it has something. */
const triesMax = 3;

export function openNodes(rooms: Rooms, registry: Registry, feed: StatusFeed): Nodes {
  const { bus, clock, credits } = rooms;
  const post = openPost(rooms);
  const asking = new Asking(clock, post);
  const viewers = new RemoteViewers(clock);
  const hearing = new Hearing(bus, clock);
  const copies = bus.shelf && openCopies(bus.shelf, rooms);
  const copying = copies && new Copying({ ...rooms, copies });
  const copy = (running: Running) => copying?.begin(running);
  const session = () => credits.session;
  const answering = new Answering({ clock, post, registry, viewers, session, watched: copy });
  const interest = new Interest({ clock, post, feed, registry });
  const orphans = new Orphans(feed, rooms);
  let live: readonly number[] | null = null;
  let newest = 0;
  const gone = (id: string) => {
    const session = sessionOf(id);
    return session >= 0 && session <= newest && live?.includes(session) === false;
  };
  credits.onRenewed(({ liveSessions }) => {
    live = liveSessions;
    newest = Math.max(newest, ...liveSessions);
    orphans.tell(gone);
  });

  const tellFrom = (completion: WireCompletion) =>
    feed.tellFrom(completionFromWire(completion, rooms.market()));
  post.onLetter(readingWith({ answering, asking, viewers, interest, tellFrom }));

  const mayAnswer = (id: string) => live === null || live.includes(sessionOf(id));
  const silent = (id: string) => hearing.silent(sessionOf(id));
  const elsewhere = (id: string) =>
    bus.shared && sessionOf(id) !== credits.session && othersMayKeep(sessionOf(id), live);

  const known = { asking, hearing, copies, rooms, elsewhere, mayAnswer, silent };
  const viewing = viewingWith({ ...rooms, post, asking, copies, mayAnswer, silent });
  const search = searching(known);
  const catchUp = catchingUp({ feed, interest, rooms, find: search.find });
  bus.onHealed(() => void catchUp());
  return {
    ...search,
    unreachable: (id) => elsewhere(id) && live !== null && mayAnswer(id) && silent(id),
    gone,
    started: (found) => followed(found, viewing(found)),
    changed: (organizationId, completion) => interest.changed(organizationId, completion),
    copy,
    forget: (id) => copying?.forget(id),
    close: async () => copying?.close(),
  };
}

interface CatchingUp extends Pick<Nodes, 'find'> {
  readonly feed: StatusFeed;
  readonly interest: Interest;
  readonly rooms: Rooms;
}

/** Tells whoever watches what began and what ended on other nodes while they were not heard. */
function catchingUp({ feed, interest, rooms, find }: CatchingUp) {
  return oneAtATime(async () => {
    interest.again();
    try {
      for (const { id } of feed.elsewhere) {
        const found = (await find(id)) ?? (await storedCompletion(id, rooms));
        if (found?.finishedAt) feed.tellMissed(found);
      }
    } catch (error) {
      rooms.log.warn('what ended on other nodes meanwhile could not be read', { error });
    }
  });
}

interface Readers {
  readonly answering: Answering;
  readonly asking: Asking;
  readonly viewers: RemoteViewers;
  readonly interest: Interest;
  readonly tellFrom: (completion: WireCompletion) => void;
}

/** Hands each letter to whom it is for; of a kind that only a newer node knows, to nobody. */
function readingWith({ answering, asking, viewers, interest, tellFrom }: Readers) {
  return (letter: Letter, from: string) => {
    switch (letter.kind) {
      case 'look':
      case 'cancel':
      case 'detach':
      case 'follow':
        return answering.answer(letter, from);
      case 'completion':
      case 'events':
        return asking.answered(letter);
      case 'stay':
        return viewers.stay(letter.viewer);
      case 'leave':
        return viewers.leave(letter.viewer, letter.how);
      case 'watch':
        return interest.heard(letter, from);
      case 'status':
        return tellFrom(letter.completion);
    }
  };
}

interface Searching {
  readonly asking: Asking;
  readonly hearing: Hearing;
  readonly copies: Copies | null;
  readonly rooms: Rooms;
  readonly elsewhere: (id: string) => boolean;
  readonly mayAnswer: (id: string) => boolean;
  readonly silent: (id: string) => boolean;
}

/** Asks the node of a completion for it, and where that does not answer, its copy. */
function searching(known: Searching): Pick<Nodes, 'find' | 'cancel' | 'detach'> {
  const { asking, hearing, copies, rooms, elsewhere, mayAnswer, silent } = known;

  /** Null when its node does not have it; undefined when nobody has answered. */
  const ask = async (kind: 'look' | 'cancel' | 'detach', id: string) => {
    if (!elsewhere(id) || silent(id)) return undefined;
    const patience = kind === 'cancel' ? Number.POSITIVE_INFINITY : triesMax;
    const goOn = (tries: number) => mayAnswer(id) && !silent(id) && tries < patience;
    const answer = await asking.ask({ kind, id }, { goOn });
    if (answer?.kind === 'completion') {
      return answer.completion && completionFromWire(answer.completion, rooms.market());
    }
    hearing.unanswered(sessionOf(id));
    return undefined;
  };

  /** What its copy tells; when its node is gone, with the end that it then has. */
  const fromCopy = async (id: string): Promise<Completion | null> => {
    const own = sessionOf(id) === rooms.credits.session;
    const copy = own ? null : await copies?.read(id);
    if (!copy) return null;
    return copy.ended || mayAnswer(id) ? copy.completion : orphan(copy.completion, rooms, copy.at);
  };

  return {
    async find(id) {
      const answer = await ask('look', id);
      return answer === undefined ? fromCopy(id) : answer;
    },
    cancel: async (id) => (await ask('cancel', id)) ?? null,
    detach: async (id) => void (await ask('detach', id)),
  };
}

interface Viewing extends Pick<RemoteViewerOptions, 'post' | 'asking'>, Rooms {
  readonly copies: Copies | null;
  readonly mayAnswer: (id: string) => boolean;
  readonly silent: (id: string) => boolean;
}

type View = (after: number, signal?: AbortSignal) => RemoteViewer;

/** Views of completions of other nodes. */
function viewingWith({ mayAnswer, silent, copies, ...rooms }: Viewing) {
  const copied = async (id: string, after: number) => {
    const copy = await copies?.read(id);
    const events = copy?.after(after) ?? [];
    return copy?.ended || events.length > 0 ? events : null;
  };
  return (found: Completion): View =>
    (after, signal) => {
      const { id } = found;
      return new RemoteViewer({
        ...{ ...rooms, id, after, signal },
        mayAnswer: () => mayAnswer(id),
        silent: () => silent(id),
        read: (event) => eventFromWire(event, rooms.market()),
        copied: (seen) => copied(id, seen),
        async orphaned(seen) {
          const copy = await copies?.read(id);
          return orphanEnd(await orphan(copy?.completion ?? found, rooms, copy?.at), seen);
        },
      });
    };
}

/** There are other nodes, or one has begun since this node last looked. */
const othersMayKeep = (session: number, live: readonly number[] | null) =>
  live === null || live.length > 1 || session > Math.max(...live);

const sessionOf = (id: string) => readCompletionId(id)?.session ?? -1;

function followed(found: Completion, view: View): Started {
  let completion = found;
  return {
    id: found.id,
    completion: () => completion,
    events: view,
    async wait(signal) {
      for await (const batch of view(0, signal)) {
        const last = batch.at(-1);
        if (last && 'completion' in last) completion = last.completion;
      }
      return completion;
    },
    refused: false,
  };
}
