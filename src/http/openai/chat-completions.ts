import type { CompletionEvent, Started } from '#completions';
import { Fault } from '#kernel';
import type { Rooms } from '#schema';
import { type EventStream, openEventStream } from '../event-stream.ts';
import { bodyOf, type Exchange, jsonOf, principalOf, sendJson } from '../exchange.ts';
import { chatAnswer, secondsOf } from './chat-answer.ts';
import { openChunks } from './chat-chunks.ts';
import { readChatRequest } from './chat-request.ts';
import { errorBody, statusOf } from './errors.ts';

/**
 * `POST …/chat/completions`: the same completion as over GraphQL, in the form that OpenAI's clients
 * speak.
 */
export async function answerChat(exchange: Exchange, rooms: Rooms): Promise<void> {
  const principal = principalOf(exchange, rooms.identity);
  const body = jsonOf(await bodyOf(exchange));
  const { input, stream } = readChatRequest(body, exchange.request.headers);
  // What one read of the provider brought goes out as one write: nothing is gathered.
  const run = await rooms.completions.start(principal, input, { streamed: stream, coalesceMs: 0 });
  exchange.response.setHeader('X-Generation-Id', run.id);
  await (stream ? answerInParts(exchange, run, rooms) : answerAtOnce(exchange, run, rooms));
}

async function answerAtOnce(exchange: Exchange, run: Started, rooms: Rooms): Promise<void> {
  const completion = await run.wait(exchange.signal);
  if (exchange.response.destroyed) return;
  if (completion.error) throw completion.error;
  if (!completion.content) throw contentGone();
  sendJson(exchange.response, 200, chatAnswer(completion, rooms.catalog.market()));
}

async function answerInParts(exchange: Exchange, run: Started, rooms: Rooms): Promise<void> {
  const { response, signal } = exchange;
  const stream = openEventStream({ response, clock: rooms.clock, comment: 'BOURSE PROCESSING' });
  const chunks = openChunks(run.id, secondsOf(run.completion().createdAt));
  try {
    for await (const events of run.events(0, signal)) {
      refuseBeforeContent(events, stream);
      const text = chunks.write(events);
      if (text !== '') await stream.write(text);
    }
  } catch (thrown) {
    if (response.destroyed) return;
    if (!stream.started) throw thrown;
    return stream.end(chunks.fail(Fault.from(thrown)));
  }
  if (!response.destroyed) stream.end();
}

/** As long as nothing was sent, a failure is an ordinary HTTP error that clients handle as such. */
function refuseBeforeContent(events: readonly CompletionEvent[], stream: EventStream): void {
  const last = events.at(-1);
  if (stream.started || last?.type !== 'CompletionFailed') return;
  if (events.every((event) => !isContent(event))) throw last.error;
}

const isContent = ({ type }: CompletionEvent) => type.endsWith('Delta');

function contentGone(): Fault {
  return new Fault('CONFLICT', {
    public: 'This idempotency key was used, and its answer is kept no longer. Use a new key.',
  });
}

/** A failure before the first byte of an answer. */
export function refuseChat({ response }: Exchange, thrown: unknown): void {
  const fault = Fault.from(thrown);
  if (fault.retryAfterMs !== undefined) {
    response.setHeader('Retry-After', Math.ceil(fault.retryAfterMs / 1_000));
  }
  if (fault.code === 'UNAUTHENTICATED') response.setHeader('WWW-Authenticate', 'Bearer');
  sendJson(response, statusOf(fault), errorBody(fault));
}
