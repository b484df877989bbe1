import type { Payer } from '#identity';
import { completionId, Fault, sleep } from '#kernel';
import { noPreferences } from '#routing';
import { keepMs } from './completion.ts';
import type { StartOptions } from './completions.ts';
import { storedCompletion } from './history/stored.ts';
import { type RunInput, requestOf } from './input/embed-input.ts';
import { fingerprints } from './input/fingerprint.ts';
import type { CompletionRequest } from './input/request.ts';
import type { Nodes } from './nodes/nodes.ts';
import type { Rooms } from './rooms.ts';
import { run } from './run.ts';
import { claimKey, type Repeat } from './runs/claims.ts';
import { ended } from './runs/ended.ts';
import type { Registry } from './runs/registry.ts';
import type { Begun, Repeats } from './runs/repeats.ts';
import { Running } from './runs/running.ts';
import { idTags } from './tags.ts';

const defaults = { detached: false, graceMs: 15_000, coalesceMs: 20 };

/** What this node keeps of its runs, and who is told of them. */
export interface Kept {
  readonly registry: Registry;
  readonly repeats: Repeats;
  readonly nodes: Nodes;
  readonly statusChanged: (running: Running) => void;
}

/** What a start led to, and whether it began with it. */
export interface Beginning {
  readonly begun: Begun;
  readonly isNew: boolean;
}

/**
 * Starts a completion, or finds the one that already has its idempotency key. It never throws: a
 * refusal is a completion that failed.
 */
export type Begin = (input: RunInput, pays: Payer, how: StartOptions) => Promise<Beginning>;

export function beginner(rooms: Rooms, kept: Kept): Begin {
  const { clock, credits } = rooms;
  const { registry, repeats, nodes, statusChanged } = kept;
  const fingerprint = fingerprints(rooms.cipher);
  const tags = idTags(rooms.cipher);
  let counter = 0;

  const create = (request: CompletionRequest, payer: Payer, how: StartOptions): Running => {
    const id = tags.tagged(completionId(clock.now(), credits.session, counter++), payer);
    const keyed = Boolean(request.idempotencyKey ?? how.operationId);
    const made = { id, request, payer, clock, keepMs, keyed, statusChanged };
    return new Running({ ...made, ...defaults, ...how });
  };

  const launch = (running: Running): Running => {
    registry.add(running);
    if (running.lasting) nodes.copy(running);
    statusChanged(running);
    void run(running, rooms);
    return running;
  };

  /** An idempotency key waits for its claim; an operation's id is known to this node alone. */
  const claimed = async (running: Running, repeat: Repeat): Promise<Begun> => {
    if (running.request.idempotencyKey === null) return launch(running);
    const taken = await claimKey(running, repeat, rooms);
    return taken === null
      ? launch(running)
      : (registry.get(taken) ?? remembered(taken, rooms, nodes));
  };

  return async (input, pays, how) => {
    try {
      const request = requestOf(input);
      const running = create(request, pays, how);
      const key = keyOf(request, how);
      if (key === null) return { begun: launch(running), isNew: true };
      const owner = pays.apiKey?.id ?? `${pays.userId}@${pays.organization.id}`;
      const repeat = { owner, key, body: fingerprint(request) };
      const begun = await repeats.join(repeat, () => claimed(running, repeat));
      return { begun, isNew: begun === running };
    } catch (thrown) {
      const begun = refuse(create(unreadable(input), pays, how), Fault.from(thrown));
      return { begun, isNew: true };
    }
  };
}

/** A caller's key has no line feed in it, so a lane's key cannot be a caller's. */
function keyOf({ idempotencyKey }: CompletionRequest, how: StartOptions): string | null {
  const key = idempotencyKey ?? how.operationId ?? null;
  return key !== null && how.lane !== undefined ? `${key}\n${how.lane}` : key;
}

/** Whoever took a key a moment ago may not have begun. */
const looksMax = 5;
const lookAgainMs = 100;

/** The completion of a key whose run is not kept here: it is another node's, or has ended. */
async function remembered(id: string, rooms: Rooms, nodes: Nodes): Promise<Begun> {
  for (let look = 1; look <= looksMax; look++) {
    const found = await nodes.find(id);
    if (found) return nodes.started(found);
    const stored = await storedCompletion(id, rooms);
    if (stored) return ended(stored);
    await sleep(rooms.clock, lookAgainMs);
  }
  throw new Fault('UNAVAILABLE', {
    public: `The node that has the completion ${id} of this idempotency key does not answer.`,
    retryAfterMs: 1_000,
  });
}

/** Ends a run before anything was tried: one event, nothing held, nothing stored. */
function refuse(running: Running, fault: Fault): Running {
  running.end({ kind: 'refused', fault });
  running.conclude(null);
  return running;
}

/** Stands for an input that could not be read, so that its refusal has a completion to tell of. */
function unreadable(input: RunInput): CompletionRequest {
  return {
    model: input.model ?? '',
    fallbackModels: [],
    chat: { messages: [] },
    maxTokens: null,
    preferences: noPreferences,
    hedgeAfterMs: null,
    onStreamFailure: 'FAIL',
    metadata: null,
    user: null,
    sessionId: null,
    idempotencyKey: null,
    app: null,
  };
}
