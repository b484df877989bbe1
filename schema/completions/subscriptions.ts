import { Fault, InvalidInput, isId } from '#kernel';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { CompletionEventRef } from './events.ts';
import { follow, refused } from './following.ts';
import { asked, CompletionInput } from './input.ts';
import { checkArguments, operationKey, refuseGet, startArguments } from './start-arguments.ts';

/** Whatever keeps it from being followed is told by an event, as of a completion that failed. */
async function resumed(id: string, after: number, context: Context) {
  try {
    return await joined(id, after, context);
  } catch (thrown) {
    return refused({ id, error: Fault.from(thrown) }, context);
  }
}

async function joined(id: string, after: number, context: Context) {
  const { rooms, principal } = context;
  if (after < 0) throw InvalidInput.at('after', `It is ${after}.`, '0 or more');
  if (!isId('completion', id)) {
    throw InvalidInput.at('id', 'This is not the id of a completion.', '`cmp_…`');
  }
  const run = await rooms.completions.join(principal, id);
  if (run) return follow(run, after, context);
  const ended = await rooms.completions.find(principal, id);
  const error = ended
    ? new Fault('RESUME_EXPIRED', {
        public: 'Its events are gone, or another ran it: read `completion(id:)`.',
      })
    : new Fault('NOT_FOUND', { public: 'There is no such completion, or it is not yours.' });
  return refused({ id, error, known: ended }, context);
}

const authScopes = { authenticated: true };

builder.subscriptionFields((t) => ({
  completion: t.field({
    type: CompletionEventRef,
    authScopes,
    description:
      'Runs a completion and delivers it as it is made. Not over GET.\n' +
      'Safe to repeat: the same `idempotencyKey` from the same credential joins the completion ' +
      'instead of starting another. Over WebSocket the operation id serves as such a key when it ' +
      'is a UUID and none is given, for as long as the events are kept; a given key alone ' +
      'survives the node and lasts 24 hours. Without either, subscribing again starts and bills ' +
      'anew.\n' +
      'Delivery is at least once, in order: a client that subscribes again drops events whose ' +
      '`sequence` it has seen.\n' +
      'Ended by the client: cancelled upstream at once unless `detached`. Lost: with a key it ' +
      'runs on for `graceMs`, then it is cancelled; without one it is cancelled at once. Only ' +
      'what was generated is charged.',
    args: {
      input: t.arg({ type: CompletionInput, required: true, description: 'The prompt.' }),
      after: t.arg.int({
        required: true,
        defaultValue: 0,
        description: 'On a repeat: the last `sequence` that was seen.',
      }),
      ...startArguments,
    },
    complexity: 10,
    async subscribe(_root, { input, after, ...how }, context) {
      refuseGet(context);
      const options = { streamed: true, ...how, ...operationKey(context) };
      try {
        checkArguments({ after, ...how });
        const run = await context.rooms.completions.start(context.principal, asked(input), options);
        return follow(run, after, context);
      } catch (thrown) {
        return refused({ error: Fault.from(thrown), asked: input }, context);
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
