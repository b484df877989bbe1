import type { Clock, Log, Secret } from '#kernel';
import type { AnswerHeaders } from './http/answer-head.ts';
import { providerMessage } from './provider-message.ts';
import { withoutQuotes } from './quotes.ts';
import { failureToldBy } from './refusal-words.ts';
import { duration, retryAfterMs, waitAtMost } from './retry-after.ts';
import { type UpstreamFailure, UpstreamFault } from './upstream-fault.ts';

export interface Refusal {
  /**
   * The HTTP status; for an error in the body of a 200, the status that its `code` names, else
   * 200.
   */
  readonly status: number;
  readonly headers: AnswerHeaders;
  /** The parsed body, or its text when it is no JSON. */
  readonly body: unknown;
}

export interface RefusalContext {
  readonly clock: Clock;
  readonly log: Log;
  readonly address: string;
  readonly secret: Secret | null;
  /** What was said in the request, as one text. */
  readonly prompt: () => string;
}

/**
 * The fault for a provider's refusal. What its words tell goes before what its status tells,
 * since services disagree on statuses: a prompt that is too long is a 400, 413 or 422, a refusal
 * by content policy a 400 or 403, an empty account a 402 or 429.
 */
export function refusalFault(refusal: Refusal, context: RefusalContext): UpstreamFault {
  const words = providerMessage(refusal.body, context.secret);
  const failure = byWords(refusal, words ?? '') ?? byStatus(refusal.status);
  const message = words && withoutHost(withoutQuotes(words, context.prompt()), context.address);
  if (failure === 'CREDENTIAL') return credentialFault(refusal, message, context);
  const waits = failure === 'RATE_LIMITED' || failure === 'OVERLOADED';
  const wait = waits
    ? (retryAfterMs(refusal.headers, context.clock) ?? waitIn(refusal.body))
    : undefined;
  return new UpstreamFault({
    failure,
    httpStatus: refusal.status,
    ...(message === null ? {} : { providerMessage: message }),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  });
}

/** The operator reads it as it came; to callers it names no account and no part of a key. */
function credentialFault(
  { status }: Refusal,
  message: string | null,
  { log, address }: RefusalContext,
): UpstreamFault {
  log.warn('a provider refused its credential', {
    address,
    status,
    ...(message ? { reason: message } : {}),
  });
  return new UpstreamFault({
    failure: 'CREDENTIAL',
    httpStatus: status,
    ...(message ? { providerMessage: withoutAccount(message) } : {}),
  });
}

/** Words with digits, stars or an @ may be a part of a key, an account's id or an address. */
function withoutAccount(message: string): string {
  return message.replace(/\S*[\d*@…]\S*/g, '[…]');
}

/**
 * 404 and the rest of 4xx say that the address or the model's name is wrong. Both are the
 * platform's, not the caller's: another endpoint may well serve the request.
 */
function byStatus(status: number): UpstreamFailure {
  switch (status) {
    case 200:
      return 'ERROR_IN_BODY';
    case 400:
    case 422:
      return 'CALLER';
    case 401:
    case 402:
    case 403:
      return 'CREDENTIAL';
    case 404:
      return 'UNKNOWN_MODEL';
    case 413:
      return 'CONTEXT_LENGTH';
    case 429:
      return 'RATE_LIMITED';
    case 503:
    case 529:
      return 'OVERLOADED';
    default:
      return 'STATUS';
  }
}

/**
 * A 5xx keeps its class whatever it says, save overload: its words often repeat those of a
 * caller's error.
 */
function byWords({ status, body }: Refusal, message: string): UpstreamFailure | undefined {
  const told = failureToldBy(codesIn(body), message);
  return status < 500 || told === 'OVERLOADED' ? told : undefined;
}

/** Where a provider is reached, behind a proxy of the operator perhaps, is no caller's affair. */
function withoutHost(message: string, address: string): string {
  const { host } = new URL(address);
  return /[.:]/.test(host) ? message.replaceAll(host, '[…]') : message;
}

/** Google says it among the details of the error, as `17s`, and in no header. */
function waitIn(body: unknown): number | undefined {
  const details = at(errorIn(body), 'details');
  const delays = Array.isArray(details) ? details.map((one) => at(one, 'retryDelay')) : [];
  const delay = delays.find((one) => typeof one === 'string');
  return waitAtMost(duration(delay));
}

function errorIn(body: unknown): unknown {
  const outer = Array.isArray(body) ? body[0] : body;
  return at(outer, 'error') ?? outer;
}

/** `code` and `type` of the error object, of its inner error (Azure), or of the body itself. */
function codesIn(body: unknown): string[] {
  const error = errorIn(body);
  const inner = at(error, 'innererror');
  const metadata = at(error, 'metadata');
  return [
    at(error, 'code'),
    at(error, 'type'),
    at(error, 'status'),
    at(inner, 'code'),
    at(metadata, 'error_type'),
  ].filter((code) => typeof code === 'string');
}

function at(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<string, unknown>)[key]
    : undefined;
}

/** The HTTP status that an error object in a body names, if it names one. */
export function statusNamed(error: unknown): number | null {
  const code = Number(at(error, 'code') ?? at(error, 'status') ?? at(error, 'http_status'));
  return Number.isInteger(code) && code >= 400 && code < 600 ? code : null;
}
