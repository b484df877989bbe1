import type { EmbedInput as Asked, Completion } from '#completions';
import { Fault } from '#kernel';
import { builder } from '../builder.ts';
import { caught, failureOf } from '../failures.ts';
import { CompletionRef } from '../refs.ts';
import { resultUnion } from '../results.ts';
import { ProviderPreferences } from './input.ts';
import { runErrors } from './operations.ts';

const EmbedInput = builder.inputType('EmbedInput', {
  description: 'Texts to embed as vectors.',
  fields: (t) => ({
    organizationId: t.id({
      description: 'Who pays; needed by a person, implied by an API key.',
    }),
    model: t.string({ required: true, description: 'A model whose output is EMBEDDING.' }),
    input: t.stringList({ required: true, description: '1 to 2048 texts.' }),
    dimensions: t.int({
      description: 'Dimensions of the vectors, 1 to 65,536, where the model lets you choose.',
    }),
    provider: t.field({
      type: ProviderPreferences,
      description: 'Which providers may answer, and in which order they are tried.',
    }),
    user: t.string({ description: 'Your end user, for your own analytics; passed upstream.' }),
    idempotencyKey: t.string({
      description:
        'The same one within 24 hours charges once. For 10 minutes it returns the same vectors, ' +
        'on every node; when they are gone it is a CONFLICT that names the completion.',
    }),
  }),
});

interface Payload {
  readonly completion: Completion;
  readonly vectors: readonly (readonly number[])[];
}

const EmbedPayload = builder.objectRef<Payload>('EmbedPayload').implement({
  description: 'The vectors, and what they cost.',
  fields: (t) => ({
    completion: t.expose('completion', {
      type: CompletionRef,
      description: 'The ended run: its usage, bill and route.',
    }),
    vectors: t.field({
      type: t.listRef(t.listRef('Float')),
      description: 'One for each text, in their order.',
      resolve: ({ vectors }) => vectors,
    }),
  }),
});

const EmbedResult = resultUnion({ name: 'EmbedResult', payload: EmbedPayload, errors: runErrors });

const vectorsGone = ({ id }: Completion) =>
  new Fault('CONFLICT', {
    public:
      `The vectors of this idempotency key were made and charged as ${id}, and are kept no ` +
      'longer than ten minutes after the end, nor beyond the life of their node. With a new key ' +
      'they are made, and charged, again.',
  });

builder.mutationField('embed', (t) =>
  t.field({
    type: EmbedResult,
    nullable: true,
    authScopes: { authenticated: true },
    description: 'Embeds texts as vectors; charged like a completion, by their tokens.',
    args: {
      input: t.arg({ type: EmbedInput, required: true, description: 'The texts.' }),
    },
    complexity: 10,
    resolve: (_root, { input }, { rooms, principal, signal }) =>
      caught(async () => {
        // graphql-js leaves an absent field out, so none of them is ever undefined.
        const { completion, vectors } = await rooms.completions.embed(
          principal,
          input as Asked,
          signal,
        );
        const failed = failureOf(completion);
        if (failed) return failed;
        if (vectors) return { completion, vectors };
        throw vectorsGone(completion);
      }),
  }),
);
