import type { IncomingHttpHeaders } from 'node:http';
import type { Market } from '#catalog';
import type { Completion, CompletionEvent, CompletionInput, Started } from '#completions';
import { Fault } from '#kernel';
import type { Rooms } from '#schema';
import { EventStream } from '../event-stream.ts';
import { bodyOf, type Exchange, jsonOf, leftBehind, sendJson } from '../exchange.ts';
import { principalOf, tellLimit } from './caller.ts';
import { renamed } from './errors.ts';
import { type FailedAttempts, failedAttempts } from './failed-attempts.ts';
import type { Refuse } from './refuse.ts';
import { tellUnknownProviders } from './unknown-providers.ts';

/** A wire form in which completions are asked for and answered. All of them lead to one run. */
export interface RunDoor<Request extends Asked = Asked> {
  /** @throws InvalidInput that names every field that is wrong. */
  read(body: unknown, headers: IncomingHttpHeaders): Request;
  /** The whole answer as one JSON object. */
  whole(completion: Completion, market: Market, asked: Request): unknown;
  /** Writes the answer in parts. */
  parts(run: Started, market: Market, asked: Request): PartsWriter;
  readonly refuse: Refuse;
}

/** What a client asks for, and whether it wants it as a stream. */
export interface Asked {
  readonly input: CompletionInput;
  readonly stream: boolean;
  /** What this door calls a field of the input. */
  nameOf(path: string): string;
}

/** Turns the events of one completion into the text of a stream. */
export interface PartsWriter {
  /** What a batch of events becomes on the wire: nothing, or whole events for one write. */
  write(events: readonly CompletionEvent[]): string;
  /** A failure after the stream has begun, and the end. */
  fail(fault: Fault, attempts: FailedAttempts | null): string;
}

/** A writer of batches by one of events. Nearly all batches are of one, a token. */
export const joinedBy =
  (write: (event: CompletionEvent) => string): PartsWriter['write'] =>
  (events) =>
    events.reduce((text, event) => text + write(event), '');

export async function answerThrough<Request extends Asked>(
  door: RunDoor<Request>,
  exchange: Exchange,
  rooms: Rooms,
): Promise<void> {
  const { asked, run } = await begin(door, exchange, rooms);
  const market = rooms.catalog.market();
  exchange.response.setHeader('X-Generation-Id', run.id);
  tellUnknownProviders(exchange.response, asked.input.provider, market);
  const answering = { door, exchange, run, asked, market };
  await (asked.stream ? answerInParts(answering, rooms) : answerAtOnce(answering));
}

/** The answer, also a refusal, carries the limit of the key as it is when the run has begun. */
async function begin<Request extends Asked>(
  door: RunDoor<Request>,
  exchange: Exchange,
  rooms: Rooms,
): Promise<{ asked: Request; run: Started }> {
  const principal = principalOf(exchange, rooms);
  try {
    const body = jsonOf(await bodyOf(exchange));
    const asked = door.read(body, exchange.request.headers);
    // What one read of the provider brought goes out as one write: nothing is gathered.
    const how = { streamed: asked.stream, coalesceMs: 0 };
    return { asked, run: await rooms.completions.start(principal, asked.input, how) };
  } finally {
    tellLimit(exchange, principal, rooms);
  }
}

interface Answering<Request extends Asked> {
  readonly door: RunDoor<Request>;
  readonly exchange: Exchange;
  readonly run: Started;
  readonly asked: Request;
  readonly market: Market;
}

async function answerAtOnce<Request extends Asked>(answering: Answering<Request>): Promise<void> {
  const { door, exchange, run, asked, market } = answering;
  const completion = await run.wait(exchange.signal);
  if (exchange.response.destroyed) return;
  if (completion.error) return refuseFailed({ ...answering, completion });
  if (!completion.content) throw contentGone(run.id);
  sendJson(exchange.response, 200, door.whole(completion, market, asked));
}

async function answerInParts<Request extends Asked>(
  answering: Answering<Request>,
  rooms: Rooms,
): Promise<void> {
  const { door, exchange, run, asked, market } = answering;
  const { response, signal } = exchange;
  const { content, error } = run.completion();
  if (!content && !error) throw contentGone(run.id);
  const stream = new EventStream({ response, clock: rooms.clock, comment: 'BOURSE PROCESSING' });
  const parts = door.parts(run, market, asked);
  let failed = null as Completion | null; // set while the events come
  try {
    await run.events(0, signal).each((events) => {
      if (!stream.started) failed = failureBeforeContent(events);
      const text = failed ? '' : parts.write(events);
      if (text !== '') return stream.write(text);
    });
  } catch (thrown) {
    if (response.destroyed || leftBehind(exchange, thrown)) return;
    if (!stream.started) throw thrown;
    return stream.end(parts.fail(Fault.from(thrown), null));
  }
  if (failed) return refuseFailed({ ...answering, completion: failed });
  if (!response.destroyed) stream.end();
}

/** As long as nothing was sent, a failure is an ordinary HTTP error that clients handle as such. */
function failureBeforeContent(events: readonly CompletionEvent[]): Completion | null {
  const last = events.at(-1);
  if (last?.type !== 'CompletionFailed') return null;
  return events.some(isContent) ? null : last.completion;
}

const isContent = ({ type }: CompletionEvent) => type.endsWith('Delta');

interface Failed {
  readonly door: Pick<RunDoor, 'refuse'>;
  readonly exchange: Exchange;
  readonly asked: Asked;
  readonly market: Market;
  readonly completion: Completion;
}

function refuseFailed(failed: Failed): void {
  const { door, exchange, asked, market, completion } = failed;
  const fault = renamed(Fault.from(completion.error), asked.nameOf);
  door.refuse(exchange, fault, failedAttempts(completion, market));
}

export function contentGone(id: string): Fault {
  return new Fault('CONFLICT', {
    public:
      `This idempotency key was used, and the answer of its completion ${id} is kept no longer. ` +
      'Use a new key.',
  });
}
