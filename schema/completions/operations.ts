import type { Completion } from '#completions';
import { Fault } from '#kernel';
import { builder } from '../builder.ts';
import { ToolCallRef } from '../credits/usage.ts';
import {
  CompletionError,
  ConflictError,
  InsufficientCreditsError,
  InvalidInputError,
  NoEndpointAvailableError,
  NotFoundError,
  RateLimitedError,
  UnavailableError,
} from '../errors.ts';
import { caught, failureOf, type Refusal } from '../failures.ts';
import { CompletionRef } from '../refs.ts';
import { resultUnion } from '../results.ts';
import { idOf } from '../rows/paging.ts';
import { asked, CompletionInput } from './input.ts';

/** What can be refused of a run. */
export const runErrors = [
  InvalidInputError,
  NotFoundError,
  ConflictError,
  InsufficientCreditsError,
  RateLimitedError,
  NoEndpointAvailableError,
  UnavailableError,
  CompletionError,
];

interface Payload {
  completion: Completion;
}

const CompletePayload = builder.objectRef<Payload>('CompletePayload').implement({
  description:
    'The answer. It stands here beside `completion`, so that a later refetch of the completion ' +
    'does not take it away from a normalised cache.',
  fields: (t) => ({
    completion: t.expose('completion', {
      type: CompletionRef,
      description: 'The ended completion.',
    }),
    text: t.string({
      nullable: true,
      description: 'The answer; null when it is no longer kept.',
      resolve: ({ completion }) => completion.content?.text ?? null,
    }),
    reasoning: t.string({
      nullable: true,
      description: "The model's reasoning; null when it gave none or it is no longer kept.",
      resolve: ({ completion }) => completion.content?.reasoning ?? null,
    }),
    toolCalls: t.field({
      type: [ToolCallRef],
      nullable: true,
      description:
        'An empty list means that no tool was called; null that they are no longer kept.',
      resolve: ({ completion }) => completion.content && [...completion.content.toolCalls],
    }),
    replayed: t.boolean({
      description:
        'A repeat by `idempotencyKey` after the content is gone: look at `completion` for the bill.',
      resolve: ({ completion }) => completion.content === null,
    }),
  }),
});

const CompleteResult = resultUnion({
  name: 'CompleteResult',
  payload: CompletePayload,
  errors: runErrors,
});

const completionPayload = (name: string, description: string) =>
  builder.objectRef<Payload>(name).implement({
    description,
    fields: (t) => ({
      completion: t.expose('completion', { type: CompletionRef, description: 'As it is now.' }),
    }),
  });

const StartCompletionResult = resultUnion({
  name: 'StartCompletionResult',
  payload: completionPayload('StartCompletionPayload', 'It runs; watch it with resumeCompletion.'),
  errors: runErrors,
});

const CancelCompletionResult = resultUnion({
  name: 'CancelCompletionResult',
  payload: completionPayload('CancelCompletionPayload', 'It has ended and is settled.'),
  errors: [NotFoundError],
});

/** An ended completion as its caller gets it: itself, or the failure that it ended with. */
const answered = (completion: Completion): Payload | Refusal =>
  failureOf(completion) ?? { completion };

const authScopes = { authenticated: true };

builder.mutationFields((t) => ({
  complete: t.field({
    type: CompleteResult,
    nullable: true,
    authScopes,
    description:
      'Answers a prompt and returns the whole answer. Cancelled when the connection is closed ' +
      'before its end; only what was generated is charged.',
    args: {
      input: t.arg({ type: CompletionInput, required: true, description: 'The prompt.' }),
    },
    complexity: 10,
    resolve: (_root, { input }, { rooms, principal, signal }) =>
      caught(async () => {
        const run = await rooms.completions.start(principal, asked(input), { streamed: false });
        return answered(await run.wait(signal));
      }),
  }),
  startCompletion: t.field({
    type: StartCompletionResult,
    nullable: true,
    authScopes,
    description: 'Returns at once; watch with `resumeCompletion`. Runs detached.',
    args: {
      input: t.arg({ type: CompletionInput, required: true, description: 'The prompt.' }),
    },
    complexity: 10,
    resolve: (_root, { input }, { rooms, principal }) =>
      caught(async () => {
        const options = { streamed: false, detached: true };
        const run = await rooms.completions.start(principal, asked(input), options);
        // The first event tells an admitted completion from a refused one.
        for await (const _batch of run.events(0)) break;
        return answered(run.completion());
      }),
  }),
  cancelCompletion: t.field({
    type: CancelCompletionResult,
    nullable: true,
    authScopes,
    description:
      'Cancels it upstream and waits for the settlement; from any connection of the organization ' +
      'that may run completions. On an ended completion it returns it unchanged.',
    args: { id: t.arg.id({ required: true, description: 'The completion.' }) },
    resolve: (_root, { id }, { rooms, principal }) =>
      caught(async () => {
        const completionId = idOf('completion', id, 'id');
        const completion = await rooms.completions.cancel(principal, completionId);
        if (completion) return { completion };
        throw new Fault('NOT_FOUND', {
          public: 'There is no such completion, or it is not yours.',
        });
      }),
  }),
}));
