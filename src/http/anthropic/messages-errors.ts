import { Fault } from '#kernel';
import type { MessagesErrorAnswer } from '#schema';
import { type Exchange, sendJson } from '../exchange.ts';
import { errorTypeOf, isWithheld, messageOf, metadataOf, statusOf } from '../rest/errors.ts';
import type { FailedAttempts } from '../rest/failed-attempts.ts';
import { type Refuse, tellWhetherToRetry } from '../rest/refuse.ts';

/** Anthropic's names by status; what is not here is an `api_error`. */
const types: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  408: 'timeout_error',
  409: 'invalid_request_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
};

/** A failure in Anthropic's form; what the other doors tell stands beside it. */
export function messagesError(
  fault: Fault,
  { requestId, attempts }: { requestId: string; attempts: FailedAttempts | null },
): MessagesErrorAnswer {
  return {
    type: 'error',
    error: {
      type: (!isWithheld(fault) && types[statusOf(fault)]) || 'api_error',
      message: messageOf(fault),
      error_type: errorTypeOf(fault),
      metadata: metadataOf(fault, attempts),
    },
    request_id: requestId,
  };
}

/** Anthropic's clients read the request's id from a header without an X. */
export function nameRequest({ response, requestId }: Exchange): void {
  response.setHeader('Request-Id', requestId);
}

export const refuseMessages: Refuse = (exchange, thrown, attempts = null) => {
  const fault = Fault.from(thrown);
  tellWhetherToRetry(exchange, fault);
  nameRequest(exchange);
  const { requestId } = exchange;
  sendJson(exchange.response, statusOf(fault), messagesError(fault, { requestId, attempts }));
};
