import type { Completion, CompletionEvent, Started } from '#completions';
import { Fault, type InputIssue, InvalidInput, isId, newId } from '#kernel';
import { builder } from './builder.ts';
import { CompletionEventRef } from './completion-events.ts';
import { asked, CompletionInput } from './completion-input.ts';
import type { Context } from './context.ts';
import { noUsage, refusedCompletion } from './refused-completion.ts';

/**
 * Follows a run from the number `after`; an SSE client that comes back says in a header how far it
 * got.
 */
function follow(run: Started, after: number, context: Context): AsyncIterable<CompletionEvent> {
  const [id, sequence] = context.lastEventId?.split(':') ?? [];
  const seen = id === run.id && /^\d{1,9}$/.test(sequence ?? '') ? Number(sequence) : 0;
  return singly(run.events(Math.max(after, seen), context.signal), context);
}

async function* singly(batches: AsyncIterable<readonly CompletionEvent[]>, context: Context) {
  for await (const batch of batches) {
    for (const event of batch) {
      context.delivering?.(`${event.completionId}:${event.sequence}`);
      yield event;
    }
  }
}

/** Refusals that end a subscription with an error; every other one is a completion that failed. */
const errors = new Set<Fault['code']>(['UNAUTHENTICATED', 'FORBIDDEN', 'INTERNAL']);

/** The only event of something that was refused before it had a run. */
async function* refused(
  { id, error, known = null }: { id: string; error: Fault; known?: Completion | null },
  context: Context,
) {
  if (errors.has(error.code)) throw error;
  const completion = known ?? refusedCompletion(id, error, context);
  const numbers = { completionId: id, sequence: 1, firstSequence: 1 };
  yield { type: 'CompletionFailed', ...numbers, error, usage: noUsage, completion } as const;
}

async function resumed(id: string, after: number, context: Context) {
  const { rooms, principal } = context;
  if (after < 0) {
    const error = InvalidInput.at('after', `It is ${after}.`, '0 or more');
    return refused({ id, error }, context);
  }
  if (!isId('completion', id)) {
    const error = InvalidInput.at('id', 'This is not the id of a completion.', '`cmp_…`');
    return refused({ id, error }, context);
  }
  const run = rooms.completions.join(principal, id);
  if (run) return follow(run, after, context);
  const ended = await rooms.completions.find(principal, id);
  const error = ended
    ? new Fault('RESUME_EXPIRED', { public: 'Its events are gone; read `completion(id:)`.' })
    : new Fault('NOT_FOUND', { public: 'There is no such completion, or it is not yours.' });
  return refused({ id, error, known: ended && { ...ended, error, attempts: [] } }, context);
}

/** What the arguments beside the input may be; bounds inclusive. */
const bounds = {
  after: [0, 2 ** 31 - 1],
  graceMs: [0, 60_000],
  coalesceMs: [0, 250],
} as const;

/** Throws one `InvalidInput` that names every argument out of its bounds. */
function checkArguments(given: Partial<Record<keyof typeof bounds, number>>): void {
  const issues = Object.entries(bounds).flatMap(([path, [least, most]]): InputIssue[] => {
    const value = given[path as keyof typeof bounds] ?? least;
    if (value >= least && value <= most) return [];
    return [{ path, message: `It is ${value}.`, accepted: `${least} to ${most}` }];
  });
  if (issues.length > 0) throw new InvalidInput(issues);
}

const startedByPost = 'A completion is started by POST or over a WebSocket, never by GET.';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

const authScopes = { authenticated: true };

builder.subscriptionFields((t) => ({
  completion: t.field({
    type: CompletionEventRef,
    authScopes,
    description:
      'Runs a completion and delivers it as it is made. Not over GET.\n' +
      'Safe to repeat: the same `idempotencyKey` from the same credential joins the completion ' +
      'instead of starting another. Over WebSocket the operation id serves as such a key when it ' +
      'is a UUID and none is given, for as long as the events are kept. Without either, ' +
      'subscribing again starts and bills anew.\n' +
      'Delivery is at least once, in order: a client that subscribes again drops events whose ' +
      '`sequence` it has seen.\n' +
      'Ended by the client: cancelled upstream at once unless `detached`. Lost: with a key it runs ' +
      'on for `graceMs`, then it is cancelled. Only what was generated is charged.',
    args: {
      input: t.arg({ type: CompletionInput, required: true, description: 'The prompt.' }),
      after: t.arg.int({
        required: true,
        defaultValue: 0,
        description: 'On a repeat: the last `sequence` that was seen.',
      }),
      detached: t.arg.boolean({
        required: true,
        defaultValue: false,
        description: 'Runs on to its end whoever is watching.',
      }),
      graceMs: t.arg.int({
        required: true,
        defaultValue: 15_000,
        description: 'How long a keyed completion outlives its last viewer, 0 to 60000.',
      }),
      coalesceMs: t.arg.int({
        required: true,
        defaultValue: 20,
        description:
          'After the first content, deltas are gathered for at most this long; 0 to 250. The ' +
          'first subscription decides.',
      }),
    },
    complexity: 10,
    async subscribe(_root, { input, after, ...how }, context) {
      const { operationId } = context;
      if (context.readOnly) throw new Fault('INVALID_INPUT', { public: startedByPost });
      const joined = operationId !== null && uuid.test(operationId) ? { operationId } : {};
      const options = { streamed: true, ...how, ...joined };
      try {
        checkArguments({ after, ...how });
        const run = await context.rooms.completions.start(context.principal, asked(input), options);
        return follow(run, after, context);
      } catch (thrown) {
        const id = newId('completion', context.rooms.clock);
        return refused({ id, error: Fault.from(thrown) }, context);
      }
    },
    resolve: (event) => event,
  }),
  resumeCompletion: t.field({
    type: CompletionEventRef,
    authScopes,
    description:
      'Joins a completion that is running, or replays one that ended within the last 10 minutes, ' +
      'from the event after `after`. On any node.',
    args: {
      id: t.arg.id({ required: true, description: 'The completion.' }),
      after: t.arg.int({
        required: true,
        defaultValue: 0,
        description: 'The last `sequence` that was seen; 0 from the beginning.',
      }),
    },
    complexity: 10,
    subscribe: (_root, { id, after }, context) => resumed(id, after, context),
    resolve: (event) => event,
  }),
}));
