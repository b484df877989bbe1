import { InsufficientCredits } from '#credits';
import { formatMoney, type InputIssue, InvalidInput } from '#kernel';
import { RateLimited } from '#limits';
import { NoEndpointAvailable } from '#routing';
import { builder } from './builder.ts';
import { describedEnum } from './described.ts';
import { type ErrorTypeName, errorTypeName, type Failure, type Refusal } from './failures.ts';
import { CompletionRef, RouteRejectionRef } from './refs.ts';

export const ErrorCode = describedEnum(
  'ErrorCode',
  'Why something was refused or failed, for programs.',
  {
    INVALID_INPUT: 'The input breaks a rule; the message and `issues` name each field.',
    NOT_FOUND: 'It does not exist, or it is not yours to see.',
    CONFLICT:
      'It contradicts the current state: a slug that is taken, an idempotency key used for another input.',
    LIMIT_EXCEEDED: "A key's or a member's spending limit is used up.",
    INSUFFICIENT_CREDITS: "The organization's credits do not cover the request's worst case.",
    MODEL_NOT_FOUND: 'No model has this slug; look it up with `models(search:)`.',
    NO_ENDPOINT_AVAILABLE: 'No endpoint can serve the request now; `rejections` says why not.',
    RATE_LIMITED: 'Too many requests; try again after `retryAfterMs`.',
    POLICY_VIOLATION: "The organization's policy or the key's allow list excludes every endpoint.",
    UPSTREAM_FAILED: 'The provider failed. Nothing that was not delivered is charged.',
    UPSTREAM_TIMEOUT: 'The provider did not answer in time.',
    CONTEXT_LENGTH_EXCEEDED: 'The prompt and `maxTokens` are longer than the context of the model.',
    CANCELLED: 'It was cancelled before it came to an end.',
    UNAVAILABLE: 'Something that the request needs cannot be reached now; nothing was started.',
    INTERNAL: 'A fault on our side. Report the request id.',
    RESUME_EXPIRED: 'The events are no longer kept; read `completion(id:)` instead.',
    CONTENT_FILTERED: "The provider's content policy refused the prompt or the answer.",
  },
);

export const ErrorInterface = builder.interfaceRef<Refusal>('Error').implement({
  description:
    'Every expected failure. Select it with `... on Error` to be ready for types that are added ' +
    'later.',
  resolveType: (refusal) => errorTypeName(refusal) ?? 'UnavailableError',
  fields: (t) => ({
    message: t.string({
      description: 'What was wrong and what would be right, for people.',
      resolve: ({ fault }) => fault.public,
    }),
    code: t.field({
      type: ErrorCode,
      description: 'What went wrong, for programs.',
      // These two are never data: whoever lacks credentials or rights gets a GraphQL error.
      resolve: ({ fault: { code } }) =>
        code === 'UNAUTHENTICATED' || code === 'FORBIDDEN' ? 'NOT_FOUND' : code,
    }),
    retryable: t.boolean({
      description: 'Whether the same request may succeed later, unchanged.',
      resolve: ({ fault }) => fault.retryable,
    }),
    retryAfterMs: t.int({
      nullable: true,
      description: 'Milliseconds to wait before trying again; null when that is not known.',
      resolve: ({ fault }) => fault.retryAfterMs ?? null,
    }),
  }),
});

function plainError(name: ErrorTypeName, description: string) {
  return builder.objectRef<Refusal>(name).implement({ description, interfaces: [ErrorInterface] });
}

export const NotFoundError = plainError(
  'NotFoundError',
  'It does not exist. What belongs to others answers exactly like what does not exist.',
);

export const ConflictError = plainError(
  'ConflictError',
  'It contradicts the current state: read that, then decide again.',
);

export const UnavailableError = plainError(
  'UnavailableError',
  'Something that the request needs cannot be reached now. Nothing was started or charged.',
);

const InputIssueRef = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'One thing that is wrong with an input.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description: 'Path in the input, as `input.messages.0.content`.',
    }),
    message: t.exposeString('message', { description: 'What is wrong there.' }),
    accepted: t.string({
      nullable: true,
      description: 'What would be accepted.',
      resolve: (issue) => issue.accepted ?? null,
    }),
  }),
});

const issuesOf = ({ fault }: Refusal) => (fault instanceof InvalidInput ? fault.issues : []);

export const InvalidInputError = builder.objectRef<Refusal>('InvalidInputError').implement({
  description: 'The input breaks a rule. Correct the named fields and send it again.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    path: t.stringList({
      nullable: true,
      description: "The first issue's path, part by part.",
      resolve: (refusal) => issuesOf(refusal)[0]?.path.split('.') ?? null,
    }),
    issues: t.field({
      type: [InputIssueRef],
      description: 'All of them, so that a form can mark every field at once.',
      resolve: (refusal) => [...issuesOf(refusal)],
    }),
  }),
});

const AllowanceKind = describedEnum('AllowanceKind', 'What limits spend.', {
  ORGANIZATION: "The organization's credits.",
  MEMBER: "The member's monthly budget.",
  API_KEY: "The key's limit of its period.",
});

const shortage = ({ fault }: Refusal) => (fault instanceof InsufficientCredits ? fault : null);

export const InsufficientCreditsError = builder
  .objectRef<Refusal>('InsufficientCreditsError')
  .implement({
    description:
      'The worst case of the request does not fit what may be spent. Lower `maxTokens` to ' +
      '`affordableMaxTokens`, add credits, or wait for `resetsAt`.',
    interfaces: [ErrorInterface],
    fields: (t) => ({
      required: t.field({
        type: 'Decimal',
        description: 'US dollars that the worst case comes to, fee included.',
        resolve: (refusal) => formatMoney(shortage(refusal)?.required ?? 0n),
      }),
      available: t.field({
        type: 'Decimal',
        description: 'US dollars that may be spent now.',
        resolve: (refusal) => formatMoney(shortage(refusal)?.available ?? 0n),
      }),
      allowance: t.field({
        type: AllowanceKind,
        description: 'Which limit refused.',
        resolve: (refusal) => shortage(refusal)?.allowance ?? 'ORGANIZATION',
      }),
      affordableMaxTokens: t.int({
        nullable: true,
        description:
          'The largest `maxTokens` that would be admitted; null when not even the prompt fits.',
        resolve: (refusal) => shortage(refusal)?.affordableMaxTokens ?? null,
      }),
      resetsAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: "When the limit's period starts anew; null for credits.",
        resolve: (refusal) => shortage(refusal)?.resetsAt ?? null,
      }),
    }),
  });

const RateLimitScope = describedEnum('RateLimitScope', 'Whose rate limit it is.', {
  PLATFORM: 'The limit of this platform for everybody or for one address.',
  ORGANIZATION: "The organization's.",
  API_KEY: "The key's `requestsPerMinute`.",
  PROVIDER: "The provider's, after all others were tried.",
});

export const RateLimitedError = builder.objectRef<Refusal>('RateLimitedError').implement({
  description: 'Too many requests. Wait `retryAfterMs`, then send the same request again.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    scope: t.field({
      type: RateLimitScope,
      description: 'Whose limit it is.',
      resolve: ({ fault }) => (fault instanceof RateLimited ? fault.scope : 'PROVIDER'),
    }),
  }),
});

export const NoEndpointAvailableError = builder
  .objectRef<Refusal>('NoEndpointAvailableError')
  .implement({
    description:
      'No endpoint of the model can serve this request. `routePlan` shows the same without ' +
      'sending anything.',
    interfaces: [ErrorInterface],
    fields: (t) => ({
      rejections: t.field({
        type: [RouteRejectionRef],
        description: 'Why each endpoint is not tried.',
        resolve: ({ fault }) => (fault instanceof NoEndpointAvailable ? [...fault.rejections] : []),
      }),
    }),
  });

export const CompletionError = builder.objectRef<Failure>('CompletionError').implement({
  description:
    'The completion failed after an attempt was made. `completion` has the attempts and what was ' +
    'delivered; what broke off is not charged.',
  interfaces: [ErrorInterface],
  fields: (t) => ({
    completion: t.field({
      type: CompletionRef,
      description: 'The failed completion.',
      resolve: (failure) => failure.completion,
    }),
  }),
});
