import type { Completion, Content, CompletionStatus as Status } from '#completions';
import { Fault, upper } from '#kernel';
import type { ChatMessage } from '#upstream';
import { builder } from '../builder.ts';
import type { Context } from '../context.ts';
import { ChargeLineRef, RouteAttemptRef, ToolCallRef, UsageRef } from '../credits/usage.ts';
import { describedEnum } from '../described.ts';
import { CompletionError } from '../errors.ts';
import { ApiKeyRef, apiKeySeen } from '../identity/api-key.ts';
import { MembershipRef, membershipSeen } from '../identity/membership.ts';
import { OrganizationRef } from '../identity/organization.ts';
import { findNode, NodeInterface } from '../node.ts';
import { CompletionRef, EndpointRef, ModelRef } from '../refs.ts';
import { idOf } from '../rows/paging.ts';
import { MessageRole } from './input.ts';

const statuses: Record<Status, string> = {
  QUEUED: 'Admitted, and not yet sent to a provider.',
  RUNNING: 'A provider is at work.',
  SUCCEEDED: 'It gave an answer and came to an end.',
  FAILED: 'It was refused, or every attempt failed; see `error`.',
  CANCELLED: 'It was ended from outside; what was generated until then is charged.',
};

export const CompletionStatus = describedEnum(
  'CompletionStatus',
  'The status of a completion.',
  statuses,
);

export const FinishReason = describedEnum('FinishReason', 'Why the answer ended.', {
  STOP: 'The model came to its end, or to a text of `stop`.',
  LENGTH: '`maxTokens` or the context was used up; ask the model to continue.',
  TOOL_CALLS: 'The model waits for the results of its tool calls.',
  CONTENT_FILTER: "The provider's content filter ended it.",
  BUDGET: 'The credits or a limit ran out in the middle of the answer.',
  CANCELLED: 'It was cancelled, by whomever.',
  ERROR: 'The provider failed.',
});

const MessageRef = builder.objectRef<ChatMessage>('Message').implement({
  description: 'A message of the prompt, as it was sent.',
  fields: (t) => ({
    role: t.field({
      type: MessageRole,
      description: 'Whose message it is.',
      resolve: ({ role }) => upper(role),
    }),
    content: t.string({
      nullable: true,
      description: 'Plain text; null when the message has `parts` or only calls tools.',
      resolve: ({ content }) => (typeof content === 'string' ? content : null),
    }),
    name: t.string({
      nullable: true,
      description: 'Distinguishes several participants of one role.',
      resolve: (message) => message.name ?? null,
    }),
    toolCallId: t.string({
      nullable: true,
      description: 'Which call this answers.',
      resolve: (message) => message.toolCallId ?? null,
    }),
    toolCalls: t.field({
      type: [ToolCallRef],
      nullable: true,
      description: 'Calls of an assistant message.',
      resolve: ({ toolCalls }) =>
        toolCalls?.map((call, index) => ({ ...call, index, callId: call.id })) ?? null,
    }),
    parts: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Text, images, audio and documents, when it had more than plain text.',
      resolve: ({ content }) => (typeof content === 'string' ? null : content),
    }),
    reasoningDetails: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Signatures of an earlier turn, unchanged.',
      resolve: (message) => message.reasoningDetails ?? null,
    }),
  }),
});

/** A refused completion that nobody would have paid for has no organization. */
function found<Row>(row: Row | null): Row {
  if (row) return row;
  throw new Fault('NOT_FOUND', { public: 'This completion belongs to no organization.' });
}

const read = new WeakMap<Context, WeakMap<Completion, Promise<Content | null>>>();

/** What was said in it, read once for an operation however many of its fields are asked for. */
function contentOf(completion: Completion, context: Context): Promise<Content | null> {
  const known = read.get(context) ?? new WeakMap<Completion, Promise<Content | null>>();
  read.set(context, known);
  const { rooms, principal } = context;
  const content = known.get(completion) ?? rooms.completions.content(principal, completion);
  known.set(completion, content);
  return content;
}

const text = 'Null when it is gone or not yours to read; see `contentAvailableUntil`.';

CompletionRef.implement({
  description: 'One prompt and its answer: who gave it, what it used, what it cost.',
  interfaces: [NodeInterface],
  fields: (t) => ({
    status: t.expose('status', { type: CompletionStatus, description: 'Its status.' }),
    model: t.field({
      type: ModelRef,
      nullable: true,
      description: 'The model that answers; null when none was found.',
      resolve: ({ modelId }, _args, { rooms }) =>
        (modelId && rooms.catalog.market().model(modelId)) || null,
    }),
    requestedModel: t.exposeString('requestedModel', {
      description: "The model's name in the request.",
    }),
    endpoint: t.field({
      type: EndpointRef,
      nullable: true,
      description: 'The endpoint that gave the answer.',
      resolve: ({ endpointId }, _args, { rooms }) =>
        (endpointId && rooms.catalog.market().endpoint(endpointId)) || null,
    }),
    text: t.string({
      nullable: true,
      description:
        'The answer. To the credential that ran it: while it runs and for 10 minutes after the ' +
        `end; to those who may read content: as long as \`retainContentDays\` says. ${text}`,
      resolve: async (completion, _args, context) =>
        (await contentOf(completion, context))?.text ?? null,
    }),
    reasoning: t.string({
      nullable: true,
      description: `What the model thought, on the same terms. ${text}`,
      resolve: async (completion, _args, context) =>
        (await contentOf(completion, context))?.reasoning ?? null,
    }),
    toolCalls: t.field({
      type: [ToolCallRef],
      nullable: true,
      description: 'Null when content is gone; an empty list means that no tool was called.',
      async resolve(completion, _args, context) {
        const content = await contentOf(completion, context);
        return content && [...content.toolCalls];
      },
    }),
    reasoningDetails: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Opaque blocks with signatures; send them back in the assistant message.',
      resolve: async (completion, _args, context) =>
        (await contentOf(completion, context))?.reasoningDetails ?? null,
    }),
    refusal: t.string({
      nullable: true,
      description: 'What the model said when it refused to answer.',
      resolve: async (completion, _args, context) =>
        (await contentOf(completion, context))?.refusal ?? null,
    }),
    annotations: t.field({
      type: 'JSON',
      nullable: true,
      description: 'Sources that the model cited.',
      resolve: async (completion, _args, context) =>
        (await contentOf(completion, context))?.annotations ?? null,
    }),
    messages: t.field({
      type: [MessageRef],
      nullable: true,
      description: 'The prompt, on the same terms as `text`.',
      async resolve(completion, _args, context) {
        const content = await contentOf(completion, context);
        return content && [...content.messages];
      },
    }),
    contentAvailableUntil: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'Until when text, reasoning, tool calls and prompt can be read by this caller; null ' +
        'while it runs.',
      resolve: (completion, _args, { rooms, principal }) =>
        rooms.completions.readableUntil(principal, completion),
    }),
    finishReason: t.expose('finishReason', {
      type: FinishReason,
      nullable: true,
      description: 'Why it ended; null while it runs and when it was refused.',
    }),
    nativeFinishReason: t.exposeString('nativeFinishReason', {
      nullable: true,
      description: 'The finish reason as the provider names it.',
    }),
    usage: t.expose('usage', {
      type: UsageRef,
      nullable: true,
      description: 'What was consumed and charged; final once it has ended.',
    }),
    charges: t.expose('lines', {
      type: [ChargeLineRef],
      description: 'The bill, line by line; adds up to `usage.charged`.',
    }),
    attempts: t.expose('attempts', {
      type: [RouteAttemptRef],
      description: 'The endpoints that were tried, in order.',
    }),
    droppedParameters: t.exposeStringList('droppedParameters', {
      description: 'Parameters of the request that the chosen endpoint could not take.',
    }),
    error: t.field({
      type: CompletionError,
      nullable: true,
      description: 'Why it failed; null when it did not.',
      resolve: (completion) => completion.error && { fault: completion.error, completion },
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for.' }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it ended; null while it runs.',
    }),
    timeToFirstTokenMs: t.exposeFloat('timeToFirstTokenMs', {
      nullable: true,
      description: 'Milliseconds from the request to the first content; null when there was none.',
    }),
    latencyMs: t.exposeFloat('latencyMs', {
      nullable: true,
      description: 'Milliseconds from the request to the end; null while it runs.',
    }),
    metadata: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The `metadata` of the request, unchanged.',
      resolve: (completion) => completion.metadata,
    }),
    user: t.exposeString('endUser', {
      nullable: true,
      description: 'The end user that the request named.',
    }),
    sessionId: t.exposeString('sessionId', {
      nullable: true,
      description: 'The session that the request named.',
    }),
    streamed: t.exposeBoolean('streamed', { description: 'Whether it was read as a stream.' }),
    app: t.exposeString('app', { nullable: true, description: 'The application that asked.' }),
    apiKey: t.prismaField({
      type: ApiKeyRef,
      nullable: true,
      description: 'The key that ran it; null when a person did, or it is not yours to see.',
      resolve: (query, { apiKeyId }, _args, context) => apiKeySeen(apiKeyId, context, query),
    }),
    organization: t.prismaField({
      type: OrganizationRef,
      description: 'Who paid.',
      resolve: async (query, { organizationId }, _args, { rooms }) =>
        found(
          await rooms.storage.prisma.organization.findFirst({
            ...query,
            where: { id: organizationId ?? '' },
          }),
        ),
    }),
    member: t.prismaField({
      type: MembershipRef,
      nullable: true,
      description: 'The member whose budget it spent; null when none was, or not yours to see.',
      resolve: (query, { membershipId }, _args, context) =>
        membershipSeen(membershipId, context, query),
    }),
  }),
});

findNode('completion', 'Completion', (id, { rooms, principal }) =>
  rooms.completions.find(principal, id),
);

builder.queryField('completion', (t) =>
  t.field({
    type: CompletionRef,
    nullable: true,
    authScopes: { authenticated: true },
    description:
      'One completion, running or ended; null when it does not exist or is not yours. A key sees ' +
      'what it ran itself.',
    args: { id: t.arg.id({ required: true, description: 'Its id, the same as over REST.' }) },
    resolve: (_root, { id }, { rooms, principal }) =>
      rooms.completions.find(principal, idOf('completion', id, 'id')),
  }),
);
