import type {
  CompletionEvent,
  CompletionFailed,
  CompletionFinished,
  CompletionStarted,
  ReasoningDelta,
  RouteChanged,
  TextDelta,
  ToolCallDelta,
} from '#completions';
import { builder } from '../builder.ts';
import { RouteAttemptRef, UsageRef } from '../credits/usage.ts';
import { ErrorInterface } from '../errors.ts';
import { told } from '../failures.ts';
import { CompletionRef, EndpointRef } from '../refs.ts';
import { FinishReason } from './completion.ts';

export const CompletionEventRef = builder
  .interfaceRef<CompletionEvent>('CompletionEvent')
  .implement({
    description:
      'What happens to a completion, in order. Events are numbered once, where they are made, from ' +
      '1. A delivered event covers the numbers `firstSequence` to `sequence`: one number, or, in a ' +
      'replay, several deltas joined. Types may be added: keep a default branch.',
    resolveType: (event) => event.type,
    fields: (t) => ({
      completionId: t.exposeID('completionId', { description: 'Whose event it is.' }),
      sequence: t.exposeInt('sequence', {
        description: 'Its number; give the last one seen as `after` to go on from there.',
      }),
      firstSequence: t.exposeInt('firstSequence', {
        description: "The first number that it covers: the previous event's `sequence` + 1.",
      }),
    }),
  });

builder.objectRef<CompletionStarted>('CompletionStarted').implement({
  description: 'An attempt goes upstream; event 1 of everything that was not refused.',
  interfaces: [CompletionEventRef],
  fields: (t) => ({
    endpoint: t.expose('endpoint', { type: EndpointRef, description: 'Who is asked.' }),
    attempt: t.exposeInt('attempt', { description: 'Which try it is, from 1.' }),
  }),
});

builder.objectRef<TextDelta>('TextDelta').implement({
  description:
    'One or more tokens. Tokens that arrive together are delivered together; the text of all ' +
    'deltas, joined, is the answer.',
  interfaces: [CompletionEventRef],
  fields: (t) => ({
    text: t.exposeString('text', { description: 'Text to append to the answer.' }),
  }),
});

builder.objectRef<ReasoningDelta>('ReasoningDelta').implement({
  description: "A piece of the model's reasoning before its answer.",
  interfaces: [CompletionEventRef],
  fields: (t) => ({
    text: t.exposeString('text', { description: 'Text to append to the reasoning; may be empty.' }),
    details: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Signed blocks, to be sent back unchanged in the next turn.',
      resolve: (event) => event.details ?? null,
    }),
  }),
});

builder.objectRef<ToolCallDelta>('ToolCallDelta').implement({
  description: 'A piece of a tool call; pieces of one `index` belong together.',
  interfaces: [CompletionEventRef],
  fields: (t) => ({
    index: t.exposeInt('index', { description: 'Position of the call in this answer, from 0.' }),
    callId: t.exposeString('callId', {
      nullable: true,
      description: "The provider's id of the call, on its first piece.",
    }),
    name: t.exposeString('name', {
      nullable: true,
      description: 'Name of the tool, on the first piece.',
    }),
    arguments: t.exposeString('arguments', {
      description: 'A fragment of the JSON text, to be appended.',
    }),
  }),
});

builder.objectRef<RouteChanged>('RouteChanged').implement({
  description: 'An attempt failed and the router goes on.',
  interfaces: [CompletionEventRef],
  fields: (t) => ({
    failed: t.expose('failed', { type: RouteAttemptRef, description: 'What went wrong.' }),
    next: t.expose('next', {
      type: EndpointRef,
      nullable: true,
      description: 'Who is tried now; null when nobody is left and CompletionFailed follows.',
    }),
  }),
});

builder.objectRef<CompletionFinished>('CompletionFinished').implement({
  description: 'Last event of a completion that gave an answer, sent once the charge is durable.',
  interfaces: [CompletionEventRef],
  fields: (t) => ({
    finishReason: t.expose('finishReason', { type: FinishReason, description: 'Why it ended.' }),
    usage: t.expose('usage', { type: UsageRef, description: 'What it used and cost; final.' }),
    completion: t.expose('completion', {
      type: CompletionRef,
      description: 'The whole of it, for a cache to keep.',
    }),
  }),
});

builder.objectRef<CompletionFailed>('CompletionFailed').implement({
  description: 'Last event of a completion that gave no whole answer.',
  interfaces: [CompletionEventRef],
  fields: (t) => ({
    error: t.field({
      type: ErrorInterface,
      description: 'Why: the type of the refusal, or CompletionError after an attempt.',
      resolve: (event) => told(event.error, event.completion),
    }),
    usage: t.expose('usage', { type: UsageRef, description: 'What is charged for it.' }),
    completion: t.expose('completion', {
      type: CompletionRef,
      description: 'Its attempts, and what was delivered.',
    }),
  }),
});
