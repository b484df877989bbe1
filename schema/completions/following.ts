import type { Completion, CompletionEvent, Started } from '#completions';
import { Fault, type Flow, handedOver, inOrder, newId } from '#kernel';
import type { Context } from '../context.ts';
import { type Asked, refusedCompletion } from './refused-completion.ts';

/** Follows a run from the number `after`, and names each event that is about to be delivered. */
export function follow(run: Started, after: number, context: Context): Flow<CompletionEvent> {
  const named = (event: CompletionEvent) => {
    context.delivering?.(`${event.completionId}:${event.sequence}`);
    return event;
  };
  const events = eventsOf(run, after, context);
  return handedOver((take) =>
    events.each((batch) => inOrder(batch, (event) => take(named(event)))),
  );
}

/** The events after `after`; an SSE client that comes back says in a header how far it got. */
export function eventsOf(
  run: Started,
  after: number,
  context: Context,
): Flow<readonly CompletionEvent[]> {
  const [id, sequence] = context.lastEventId?.split(':') ?? [];
  const seen = id === run.id && /^\d{1,9}$/.test(sequence ?? '') ? Number(sequence) : 0;
  return ended(run, Math.max(after, seen), context);
}

/**
 * What cannot be told to its end ends with an event that says why. It is thrown to a viewer that
 * has not taken what came before, who would not take that either.
 */
function ended(run: Started, after: number, context: Context): Flow<readonly CompletionEvent[]> {
  const events = run.events(after, context.signal);
  return handedOver(async (take) => {
    let seen = after;
    let taken = true;
    const done = () => {
      taken = true;
    };
    try {
      await events.each((batch) => {
        seen = batch.at(-1)?.sequence ?? seen;
        taken = false;
        const taking = take(batch);
        return taking ? taking.then(done) : done();
      });
    } catch (thrown) {
      if (!taken) throw thrown;
      const error = Fault.from(thrown);
      await take([refusal({ error, id: run.id, known: run.completion(), seen }, context)]);
    }
  });
}

/** Refusals that end a subscription with an error; every other one is a completion that failed. */
const errors = new Set<Fault['code']>(['UNAUTHENTICATED', 'FORBIDDEN']);

/** What was refused before it had a run, or cannot be told any further. */
export interface Refused {
  readonly error: Fault;
  /** The id that was asked for; a new one when none was. */
  readonly id?: string;
  readonly known?: Completion | null;
  readonly asked?: Asked;
  /** The number of the last event before it; none by default. */
  readonly seen?: number;
}

/** Its last event. Throws what is no completion that failed. */
export function refusal(given: Refused, context: Context): CompletionEvent {
  const { error, id, known, seen = 0 } = given;
  if (errors.has(error.code)) throw error;
  if (error.code === 'INTERNAL') {
    context.rooms.log.error('a completion failed', { requestId: context.requestId, error });
  }
  const completionId = id ?? newId('completion', context.rooms.clock);
  const completion = known ?? refusedCompletion(completionId, given, context);
  const numbers = { completionId, sequence: seen + 1, firstSequence: seen + 1 };
  const { usage } = completion;
  return { type: 'CompletionFailed', ...numbers, error, usage, completion };
}

/** A stream of it alone. What it throws, it throws before there is a stream. */
export const refused = (given: Refused, context: Context) => alone(refusal(given, context));

export async function* alone<Event>(event: Event) {
  yield event;
}
