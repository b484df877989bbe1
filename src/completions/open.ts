import type { EndedCredential, Payer, Principal } from '#identity';
import { completionId, Fault } from '#kernel';
import { noPreferences } from '#routing';
import type { Completion } from './completion.ts';
import type { Completions, Embedding, Started, StartOptions } from './completions.ts';
import { type RunInput, requestOf } from './embed-input.ts';
import { countStored, listStored } from './list.ts';
import { Losses } from './losses.ts';
import { Registry } from './registry.ts';
import { Repeats } from './repeats.ts';
import type { CompletionRequest } from './request.ts';
import type { Rooms } from './rooms.ts';
import { run } from './run.ts';
import { Running } from './running.ts';
import { followable, shownTo } from './shown.ts';
import { findStored } from './stored.ts';
import { Viewer } from './viewer.ts';

/** Content can be read for ten minutes after the end (contract, `Completion.text`). */
const keepMs = 600_000;
/** What the ended completions of a node may weigh together, in bytes. */
const keptBytesMax = 96 * 1024 * 1024;
const defaults = { detached: false, graceMs: 15_000, coalesceMs: 20 };

/** Opens the room: nothing runs yet. */
export function openCompletions(rooms: Omit<Rooms, 'losses'>): Completions {
  return opened({ ...rooms, losses: new Losses(rooms.log) });
}

function opened(rooms: Rooms): Completions {
  const { clock, identity } = rooms;
  const repeats = new Repeats();
  const kept = { clock, keepMs, bytesMax: keptBytesMax };
  const registry = new Registry({ ...kept, forget: (running) => repeats.forget(running) });
  let counter = 0;

  const create = (request: CompletionRequest, payer: Payer, how: StartOptions): Running => {
    const id = completionId(clock.now(), rooms.credits.session, counter++);
    return new Running({ id, request, payer, clock, keepMs, ...defaults, ...how });
  };

  const begin = (input: RunInput, pays: Payer, how: StartOptions): Running => {
    const owner = pays.apiKey?.id ?? `${pays.userId}@${pays.organization.id}`;
    const key = input.idempotencyKey ?? how.operationId;
    try {
      const request = requestOf(input);
      const repeated = key ? repeats.find(owner, key, input) : null;
      if (repeated) return repeated;
      const running = create(request, pays, how);
      if (key) repeats.remember(owner, key, { running, input });
      registry.add(running);
      void run(running, rooms);
      return running;
    } catch (thrown) {
      return refuse(create(unreadable(input), pays, how), Fault.from(thrown));
    }
  };

  const visible = (principal: Principal, id: string): Running | null => {
    const running = registry.get(id);
    return running && sees(identity.current(principal), running, identity) ? running : null;
  };

  const find = async (principal: Principal, id: string): Promise<Completion | null> => {
    const running = visible(principal, id);
    // Whoever reads of an end reads of its charge as well.
    if (running?.ending) await running.settled;
    return running ? shownTo(principal, running, identity) : findStored(principal, id, rooms);
  };

  return {
    start: async (principal, input, how) =>
      startedOf(begin(input, identity.payer(principal, input.organizationId), how)),
    async embed(principal, input, signal) {
      const pays = identity.payer(principal, input.organizationId);
      return embedded(begin(input, pays, { streamed: false }), signal);
    },
    join: (principal, id) => joined(followable(principal, visible(principal, id), identity)),
    find,
    ...listing(rooms, visible),
    async cancel(principal, id) {
      const running = visible(principal, id);
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

const joined = (running: Running | null) => running && startedOf(running);

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
        return running ? shownTo(principal, running, rooms.identity) : row;
      });
    },
    count: (question, most) => countStored(question, most, rooms),
  };
}

/** A key sees what it ran itself; others what they may read of the organization. */
function sees(principal: Principal, { payer }: Running, identity: Rooms['identity']): boolean {
  if (principal.kind === 'apiKey' && principal.apiKey.kind === 'INFERENCE') {
    return payer.apiKey?.id === principal.apiKey.id;
  }
  const permissions = identity.permissions(principal, payer.organization.id);
  return permissions?.has('COMPLETIONS_READ') ?? false;
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

function startedOf(running: Running): Started {
  return {
    id: running.id,
    completion: () => running.completion(),
    events: (after, signal) => new Viewer(running, after, signal),
    async wait(signal) {
      const viewer = new Viewer(running, 0, signal);
      await running.settled;
      await viewer.return();
      return running.completion();
    },
    get refused() {
      return running.ending?.kind === 'refused';
    },
  };
}

async function embedded(running: Running, signal: AbortSignal | undefined): Promise<Embedding> {
  const completion = await startedOf(running).wait(signal);
  return { completion, vectors: running.transcript.vectors };
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
