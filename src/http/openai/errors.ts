import { InsufficientCredits } from '#credits';
import { type Fault, type FaultCode, formatMoney, InvalidInput } from '#kernel';
import { NoEndpointAvailable } from '#routing';
import { RequestRefused } from '../exchange.ts';

/** A failure as clients of this surface expect it: an OpenAI error object with an integer code. */
export interface ErrorBody {
  readonly error: {
    readonly code: number;
    readonly message: string;
    readonly type: string;
    /** The field that is wrong, in this surface's own names. */
    readonly param: string | null;
    readonly metadata: Readonly<Record<string, unknown>>;
  };
}

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

export function statusOf(fault: Fault): number {
  return fault instanceof RequestRefused ? fault.status : statuses[fault.code];
}

export function errorBody(fault: Fault): ErrorBody {
  const type = types[fault.code] ?? fault.code.toLowerCase();
  return {
    error: {
      code: statusOf(fault),
      message: wireNames(fault.public),
      type,
      param: fault instanceof InvalidInput ? wirePath(fault.issues[0]?.path ?? '') : null,
      metadata: { error_type: type, ...detail(fault) },
    },
  };
}

function detail(fault: Fault): Record<string, unknown> {
  if (fault instanceof InsufficientCredits) {
    return {
      provider_name: null,
      required: formatMoney(fault.required),
      available: formatMoney(fault.available),
      affordable_max_tokens: fault.affordableMaxTokens,
    };
  }
  if (fault instanceof NoEndpointAvailable) {
    const previous = fault.rejections.map(({ endpoint, code, reason }) => ({
      provider: endpoint.provider.slug,
      code: code.toLowerCase(),
      reason,
    }));
    return { previous_errors: previous };
  }
  return {};
}

/** `input.messages.0.toolCalls` is `messages.0.tool_calls` here. */
function wirePath(path: string): string {
  const names: Record<string, string> = { fallbackModels: 'models' };
  return path
    .replace(/^input\./, '')
    .split('.')
    .map((part) => names[part] ?? part.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
    .join('.');
}

const wireNames = (message: string) =>
  message.replace(/\binput\.[A-Za-z0-9.]+/g, (path) => wirePath(path));
