import { InsufficientCredits } from '#credits';
import { type Fault, type FaultCode, formatMoney, InvalidInput } from '#kernel';
import { NoEndpointAvailable } from '#routing';
import type { ErrorAnswer } from '#schema';
import { UpstreamFault } from '#upstream';
import { RequestRefused } from '../exchange.ts';
import type { FailedAttempts } from './failed-attempts.ts';

const statuses: Record<FaultCode, number> = {
  INVALID_INPUT: 400,
  CONTEXT_LENGTH_EXCEEDED: 400,
  UNAUTHENTICATED: 401,
  INSUFFICIENT_CREDITS: 402,
  LIMIT_EXCEEDED: 402,
  FORBIDDEN: 403,
  POLICY_VIOLATION: 403,
  CONTENT_FILTERED: 403,
  NOT_FOUND: 404,
  MODEL_NOT_FOUND: 404,
  UPSTREAM_TIMEOUT: 408,
  CANCELLED: 408,
  CONFLICT: 409,
  RESUME_EXPIRED: 410,
  RATE_LIMITED: 429,
  INTERNAL: 500,
  UPSTREAM_FAILED: 502,
  NO_ENDPOINT_AVAILABLE: 503,
  UNAVAILABLE: 503,
};

/** The field's names for the same things. */
const types: Partial<Record<FaultCode, string>> = {
  INVALID_INPUT: 'invalid_request',
  UNAUTHENTICATED: 'authentication',
  INSUFFICIENT_CREDITS: 'payment_required',
  LIMIT_EXCEEDED: 'payment_required',
  FORBIDDEN: 'permission_denied',
  POLICY_VIOLATION: 'permission_denied',
  CONTENT_FILTERED: 'content_policy_violation',
  MODEL_NOT_FOUND: 'not_found',
  UPSTREAM_TIMEOUT: 'timeout',
  RATE_LIMITED: 'rate_limit_exceeded',
  INTERNAL: 'server',
  UPSTREAM_FAILED: 'provider_unavailable',
  NO_ENDPOINT_AVAILABLE: 'provider_overloaded',
};

/**
 * The HTTP status. Clients repeat a 5xx by themselves, some of them for an hour: what the request
 * itself ruled out is a 404, however often it is asked.
 */
export function statusOf(fault: Fault): number {
  if (fault instanceof RequestRefused) return fault.status;
  return ruledOutByRequest(fault) ? 404 : statuses[fault.code];
}

/** No endpoint is left, and each went by a setting of the request, the key or the policy. */
function ruledOutByRequest(fault: Fault): boolean {
  if (!(fault instanceof NoEndpointAvailable) || fault.code !== 'NO_ENDPOINT_AVAILABLE') {
    return false;
  }
  const { rejections } = fault;
  return rejections.length > 0 && rejections.every(({ setting }) => setting !== null);
}

/** No endpoint can be used here, and waiting does not change that: nobody is overloaded. */
export const isWithheld = (fault: Fault): boolean =>
  fault.code === 'NO_ENDPOINT_AVAILABLE' && !fault.retryable && !ruledOutByRequest(fault);

export function errorTypeOf(fault: Fault): string {
  if (ruledOutByRequest(fault)) return 'not_found';
  if (isWithheld(fault)) return 'provider_unavailable';

  return types[fault.code] ?? fault.code.toLowerCase();
}

export const messageOf = (fault: Fault) => inWireNames(fault.public);

export function errorBody(fault: Fault, attempts?: FailedAttempts | null): ErrorAnswer {
  const type = errorTypeOf(fault);
  return {
    error: {
      code: statusOf(fault),
      message: messageOf(fault),
      type,
      param: paramOf(fault),
      metadata: { error_type: type, ...metadataOf(fault, attempts ?? null) },
    },
  };
}

/** The field that is to be corrected; an unknown model is one, although it is answered with 404. */
function paramOf(fault: Fault): string | null {
  if (fault instanceof InvalidInput) return fault.issues[0]?.path ?? null;
  return fault.code === 'MODEL_NOT_FOUND' ? 'model' : null;
}

/** What is known beyond the sentence, under the names that clients look for. */
export function metadataOf(fault: Fault, attempts: FailedAttempts | null): Record<string, unknown> {
  if (fault instanceof InvalidInput) return { issues: fault.issues };
  if (fault instanceof InsufficientCredits) {
    return {
      provider_name: null,
      required: formatMoney(fault.required),
      available: formatMoney(fault.available),
      affordable_max_tokens: fault.affordableMaxTokens,
    };
  }
  if (fault instanceof NoEndpointAvailable) return { previous_errors: rejectionsOf(fault) };
  if (!attempts) return {};
  return {
    provider_name: attempts.providerName,
    is_byok: attempts.isByok,
    ...(fault instanceof UpstreamFault
      ? {
          // Clients insist on a string, or on nothing.
          ...(fault.httpStatus === undefined ? {} : { provider_code: String(fault.httpStatus) }),
          raw: fault.providerMessage ?? messageOf(fault),
        }
      : {}),
    previous_errors: attempts.previous.map(({ message, ...one }) => ({
      ...one,
      message: message && inWireNames(message),
    })),
  };
}

/** A setting of key or organization is named; a field of the request stands in the reason. */
const rejectionsOf = ({ rejections }: NoEndpointAvailable) =>
  rejections.map(({ endpoint, code, setting, reason }) => ({
    provider: endpoint.provider.slug,
    code: code.toLowerCase(),
    ...(setting && !setting.startsWith('input.') ? { setting } : {}),
    reason: inWireNames(reason),
  }));

/** The same fault with the fields under the names that the caller gave them. */
export function renamed(fault: Fault, nameOf: (path: string) => string): Fault {
  if (!(fault instanceof InvalidInput)) return fault;
  return new InvalidInput(
    fault.issues.map((issue) => ({ ...issue, path: nameOf(issue.path) || 'body' })),
  );
}

/** What this surface does not call as the contract does, in snake case. */
const wireNames: ReadonlyMap<string, string> = new Map([
  ['fallbackModels', 'models'],
  ['parts', 'content'],
  ['maxPromptPricePerMillion', 'max_price.prompt'],
  ['maxCompletionPricePerMillion', 'max_price.completion'],
  ['maxTimeToFirstTokenMs', 'preferred_max_latency'],
  ['minTokensPerSecond', 'preferred_min_throughput'],
  ['allowTraining', 'data_collection'],
  ['zeroRetention', 'zdr'],
]);

/** `input.messages.0.toolCalls` is `messages.0.tool_calls` on this surface. */
export function wirePath(path: string): string {
  return path
    .replace(/^input\./, '')
    .split('.')
    .map((part) => wireNames.get(part) ?? inSnakeCase(part))
    .join('.');
}

const inSnakeCase = (name: string) =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The same for the names of fields amid a sentence, where they stand in backquotes. */
const inWireNames = (sentence: string) =>
  sentence.replace(/`([a-z]+[A-Z]\w*)`/g, (_, name) => `\`${wirePath(name)}\``);
