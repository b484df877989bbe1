import { z } from 'zod';
import type { EmbedCall, Embedded } from './connector.ts';
import { readAnswer } from './http/body.ts';
import type { Exchange } from './http/exchange.ts';
import { acceptedReply, errorInBody } from './openai-reply.ts';
import { parsed } from './provider-message.ts';
import type { RefusalContext } from './refusal.ts';
import { UpstreamFault } from './upstream-fault.ts';

/** The JSON body of `POST /embeddings`. */
export function openAiEmbedRequest({ target, input, dimensions, user }: EmbedCall) {
  return {
    model: target.model,
    input,
    encoding_format: 'float',
    ...(dimensions === undefined ? {} : { dimensions }),
    ...(user === undefined ? {} : { user }),
  };
}

/** A vector of four thousand numbers is 100 KB of JSON. */
const vectorBytesMax = 128 * 1024;
const aroundBytesMax = 64 * 1024;
/** Two thousand vectors of three thousand numbers are 60 MB. */
const answerBytesMax = 96 * 1024 * 1024;

const answer = z.object({
  data: z.array(z.object({ index: z.int().nonnegative(), embedding: z.array(z.number()).min(1) })),
  usage: z.object({ prompt_tokens: z.int().nonnegative() }).nullish(),
});

/** The vectors in an answer, in the order of the texts: as many as there were texts, or a fault. */
export async function embeddedBy(
  exchange: Exchange,
  texts: number,
  context: RefusalContext,
): Promise<Embedded> {
  try {
    const headers = await acceptedReply(exchange, /\bjson\b/i, context);
    const bytesMax = Math.min(aroundBytesMax + texts * vectorBytesMax, answerBytesMax);
    const body = parsed(await readAnswer(exchange, bytesMax));
    if (typeof body === 'object' && body !== null && 'error' in body && body.error) {
      throw errorInBody(headers, context)(body.error);
    }
    const read = answer.safeParse(body);
    const vectors = read.success ? inOrder(read.data.data, texts) : null;
    if (!vectors) throw new UpstreamFault({ failure: 'MALFORMED', httpStatus: 200 });
    exchange.finish();
    return { vectors, promptTokens: read.data?.usage?.prompt_tokens ?? null };
  } finally {
    exchange.close();
  }
}

/** Null when one is missing or there are too many. */
function inOrder(
  data: z.infer<typeof answer>['data'],
  texts: number,
): readonly (readonly number[])[] | null {
  const byIndex = new Map(data.map(({ index, embedding }) => [index, embedding]));
  const vectors = Array.from({ length: texts }, (_, index) => byIndex.get(index) ?? []);
  const whole = data.length === texts && vectors.every(({ length }) => length > 0);
  return whole ? vectors : null;
}
