import { Fault } from '#kernel';
import { type Exchange, sendJson } from '../exchange.ts';
import { errorBody, statusOf } from './errors.ts';
import type { FailedAttempts } from './failed-attempts.ts';

/** How a door says that there is no answer, before the first byte of one. */
export type Refuse = (
  exchange: Exchange,
  thrown: unknown,
  attempts?: FailedAttempts | null,
) => void;

/** An error object as OpenAI's and OpenRouter's clients read it. */
export const refuse: Refuse = (exchange, thrown, attempts) => {
  const fault = Fault.from(thrown);
  tellWhetherToRetry(exchange, fault);
  sendJson(exchange.response, statusOf(fault), errorBody(fault, attempts));
};

/**
 * OpenAI's and Anthropic's clients repeat a 408, 409, 429 or 5xx by themselves unless they are told
 * not to.
 */
export function tellWhetherToRetry({ response }: Exchange, fault: Fault): void {
  if (fault.retryAfterMs !== undefined) {
    response.setHeader('Retry-After', Math.ceil(fault.retryAfterMs / 1_000));
  }
  response.setHeader('X-Should-Retry', String(fault.retryable));
  if (fault.code === 'UNAUTHENTICATED') response.setHeader('WWW-Authenticate', 'Bearer');
}
