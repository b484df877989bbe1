import { flowOf, readCompletionId } from '#kernel';
import type { Completion } from '../completion.ts';
import type { Started } from '../completions.ts';
import type { Registry } from '../registry.ts';
import type { Rooms } from '../rooms.ts';
import type { StatusFeed } from '../status-feed.ts';
import { Answering } from './answering.ts';
import { Asking } from './asking.ts';
import { Interest } from './interest.ts';
import { orphanEnd, tellOrphans } from './orphans.ts';
import { type Letter, openPost } from './post.ts';
import { RemoteViewer } from './remote-viewer.ts';
import { RemoteViewers } from './remote-viewers.ts';
import { completionFromWire, eventFromWire } from './wire.ts';

/** The completions of other nodes, as if they were here. */
export interface Nodes {
  /** Whether another node that is alive runs it or may keep it. */
  mayHave(id: string): boolean;
  /** One that runs on another node or is still kept there; null when none of them knows it. */
  find(id: string): Promise<Completion | null>;
  /** Cancels one and waits for its settlement; null like `find`. */
  cancel(id: string): Promise<Completion | null>;
  /** Follows one that was found. */
  started(found: Completion): Started;
  /** The status of a completion of this node has changed. */
  changed(organizationId: string, completion: () => Completion): void;
}

/** Without an answer a node is asked so often whether it has something. */
const triesMax = 3;

export function openNodes(rooms: Rooms, registry: Registry, feed: StatusFeed): Nodes {
  const { bus, clock, credits, market } = rooms;
  const post = openPost(rooms);
  const asking = new Asking(clock, post);
  const viewers = new RemoteViewers(clock);
  const session = () => credits.session;
  const answering = new Answering({ clock, post, registry, viewers, session });
  const interest = new Interest({ clock, post, feed, registry });
  let live: readonly number[] | null = null;
  credits.onRenewed(({ liveSessions }) => {
    const gone = live?.filter((session) => !liveSessions.includes(session)) ?? [];
    live = liveSessions;
    void tellOrphans(feed, (id) => gone.includes(sessionOf(id)), rooms);
  });

  const read: { readonly [Kind in Letter['kind']]?: (letter: never, from: string) => void } = {
    look: answering.answer.bind(answering),
    cancel: answering.answer.bind(answering),
    follow: answering.answer.bind(answering),
    completion: asking.answered.bind(asking),
    events: asking.answered.bind(asking),
    stay: ({ viewer }: Extract<Letter, { kind: 'stay' }>) => viewers.stay(viewer),
    leave: ({ viewer, how }: Extract<Letter, { kind: 'leave' }>) => viewers.leave(viewer, how),
    watch: interest.heard.bind(interest),
    status: ({ completion }: Extract<Letter, { kind: 'status' }>) =>
      feed.tellFrom(completionFromWire(completion)),
  };
  post.onLetter((letter, from) => read[letter.kind]?.(letter as never, from));

  const mayAnswer = (id: string) => live === null || live.includes(sessionOf(id));
  const elsewhere = (id: string) =>
    bus.shared && sessionOf(id) !== credits.session && othersMayKeep(sessionOf(id), live);

  const ask = async (kind: 'look' | 'cancel', id: string): Promise<Completion | null> => {
    if (!elsewhere(id)) return null;
    const goOn = (tries: number) => mayAnswer(id) && (kind === 'cancel' || tries < triesMax);
    const answer = await asking.ask({ kind, id }, { goOn });
    if (answer?.kind !== 'completion' || !answer.completion) return null;
    return completionFromWire(answer.completion);
  };

  return {
    mayHave: (id) => elsewhere(id) && mayAnswer(id),
    find: (id) => ask('look', id),
    cancel: (id) => ask('cancel', id),
    started: (found) =>
      followed(found, (after, signal) => {
        const { id } = found;
        return new RemoteViewer({
          id,
          after,
          signal,
          clock,
          post,
          asking,
          mayAnswer: () => mayAnswer(id),
          read: (event) => eventFromWire(event, market()),
          orphaned: (seen) => orphanEnd(found, seen, rooms),
        });
      }),
    changed: (organizationId, completion) => interest.changed(organizationId, completion),
  };
}

/** There are other nodes, or one has begun since this node last looked. */
const othersMayKeep = (session: number, live: readonly number[] | null) =>
  live === null || live.length > 1 || session > Math.max(...live);

const sessionOf = (id: string) => readCompletionId(id)?.session ?? -1;

function followed(
  found: Completion,
  view: (after: number, signal?: AbortSignal) => RemoteViewer,
): Started {
  let completion = found;
  return {
    id: found.id,
    completion: () => completion,
    events: (after, signal) => flowOf(view(after, signal)),
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
