import type { TakeBatch, UpstreamEvent } from './connector.ts';
import { readAnswer } from './http/body.ts';
import type { Exchange } from './http/exchange.ts';
import { AnswerReader, type OpenAiAnswer } from './openai-answer.ts';
import { acceptedReply, errorInBody } from './openai-reply.ts';
import type { RefusalContext } from './refusal.ts';
import { UpstreamFault } from './upstream-fault.ts';

/** One JSON answer as one batch. */
export async function wholeAnswer(
  exchange: Exchange,
  context: RefusalContext,
  take: TakeBatch,
): Promise<void> {
  try {
    const headers = await acceptedReply(exchange, /\bjson\b/i, context);
    const reader = new AnswerReader(errorInBody(headers, context));
    const events: UpstreamEvent[] = [];
    reader.read(answerIn(await readAnswer(exchange)), events, 'message');
    reader.end(events);
    exchange.finish();
    await take(events);
  } finally {
    exchange.close();
  }
}

/** The answer in a body or in the data of an event; MALFORMED when it is no JSON. */
export function answerIn(text: string): OpenAiAnswer {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new UpstreamFault({ failure: 'MALFORMED', httpStatus: 200, cause });
  }
}
