import type { AnswerHeaders } from './http/answer-head.ts';
import { readRefusal } from './http/body.ts';
import type { Exchange } from './http/exchange.ts';
import type { ErrorInBody } from './openai-answer.ts';
import { parsed } from './provider-message.ts';
import { type RefusalContext, refusalFault, statusNamed } from './refusal.ts';
import { UpstreamFault } from './upstream-fault.ts';

/**
 * Waits for the headers. Returns them when they promise an answer of this content type; else
 * throws the fault.
 */
export async function acceptedReply(
  exchange: Exchange,
  contentType: RegExp,
  context: RefusalContext,
): Promise<AnswerHeaders> {
  const { status, headers } = await exchange.reply();
  if (status !== 200) {
    const body = parsed(await readRefusal(exchange, context.clock));
    throw refusalFault({ status, headers, body }, context);
  }
  const encoding = headers['content-encoding'] ?? 'identity';
  if (contentType.test(headers['content-type'] ?? '') && encoding === 'identity') return headers;
  throw await otherAnswer(exchange, headers, context);
}

/**
 * Some services refuse a stream with status 200 and a JSON error; anything else is not this
 * protocol.
 */
async function otherAnswer(
  exchange: Exchange,
  headers: AnswerHeaders,
  context: RefusalContext,
): Promise<UpstreamFault> {
  const body = parsed(await readRefusal(exchange, context.clock));
  if (typeof body === 'object' && body !== null && 'error' in body && body.error) {
    return errorInBody(headers, context)(body.error);
  }
  return new UpstreamFault({ failure: 'CONTENT_TYPE', httpStatus: 200 });
}

/** An error object in a 200 is classified like a refusal with the status that it names. */
export function errorInBody(headers: AnswerHeaders, context: RefusalContext): ErrorInBody {
  return (error) =>
    refusalFault({ status: statusNamed(error) ?? 200, headers, body: { error } }, context);
}
