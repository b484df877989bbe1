import { type Connector, type TakeBatch, type UpstreamCall, UpstreamFault } from '#upstream';
import { textsOf } from '../cost/prompt-size.ts';
import type { CompletionRequest } from '../input/request.ts';

export interface VectorsAsked {
  readonly connector: Connector;
  readonly embedding: NonNullable<CompletionRequest['embedding']>;
  readonly call: UpstreamCall;
}

/** An attempt at vectors, as events like those of an answer: all of them at once, then the end. */
export async function vectorEvents(
  { connector, embedding, call }: VectorsAsked,
  signal: AbortSignal,
  take: TakeBatch,
): Promise<void> {
  if (!connector.embed) throw notSpoken();
  const { dimensions } = embedding;
  const { user } = call.request;
  const { vectors, promptTokens: prompt } = await connector.embed(
    {
      target: call.target,
      input: textsOf(call.request),
      ...(dimensions === null ? {} : { dimensions }),
      ...(user === undefined ? {} : { user }),
    },
    signal,
  );
  const usage = { completion: 0, cacheRead: 0, cacheWrite: 0, reasoning: 0 };
  await take([
    { type: 'vectors', vectors },
    ...(prompt === null ? [] : [{ type: 'usage' as const, usage: { ...usage, prompt } }]),
    { type: 'finish', reason: { unified: 'STOP', raw: 'stop' } },
  ]);
}

const notSpoken = () =>
  new UpstreamFault({
    failure: 'UNSAID',
    providerMessage: 'Vectors are not asked for over its protocol here.',
  });
