import type { Completion, CompletionEvent, Started } from '#completions';
import { type Fault, type Flow, inOrder, newId } from '#kernel';
import type { Context } from '../context.ts';
import { type Asked, refusedCompletion } from './refused-completion.ts';

/** Follows a run from the number `after`, and names each event that is about to be delivered. */
export function follow(run: Started, after: number, context: Context): Flow<CompletionEvent> {
  const named = (event: CompletionEvent) => {
    context.delivering?.(`${event.completionId}:${event.sequence}`);
    return event;
  };
  return {
    each: (take) =>
      eventsOf(run, after, context).each((batch) => inOrder(batch, (event) => take(named(event)))),
    async *[Symbol.asyncIterator]() {
      for await (const batch of eventsOf(run, after, context)) {
        for (const event of batch) yield named(event);
      }
    },
  };
}

/** The events after `after`; an SSE client that comes back says in a header how far it got. */
export function eventsOf(
  run: Started,
  after: number,
  context: Context,
): Flow<readonly CompletionEvent[]> {
  const [id, sequence] = context.lastEventId?.split(':') ?? [];
  const seen = id === run.id && /^\d{1,9}$/.test(sequence ?? '') ? Number(sequence) : 0;
  return run.events(Math.max(after, seen), context.signal);
}

/** Refusals that end a subscription with an error; every other one is a completion that failed. */
const errors = new Set<Fault['code']>(['UNAUTHENTICATED', 'FORBIDDEN', 'INTERNAL']);

/** What was refused before it had a run. */
export interface Refused {
  readonly error: Fault;
  /** The id that was asked for; a new one when none was. */
  readonly id?: string;
  readonly known?: Completion | null;
  readonly asked?: Asked;
}

/** Its only event. Throws what is no completion that failed. */
export function refusal(given: Refused, context: Context): CompletionEvent {
  const { error, id, known } = given;
  if (errors.has(error.code)) throw error;
  const completionId = id ?? newId('completion', context.rooms.clock);
  const completion = known ?? refusedCompletion(completionId, given, context);
  const numbers = { completionId, sequence: 1, firstSequence: 1 };
  const { usage } = completion;
  return { type: 'CompletionFailed', ...numbers, error, usage, completion };
}

/** A stream of it alone. What it throws, it throws before there is a stream. */
export const refused = (given: Refused, context: Context) => alone(refusal(given, context));

export async function* alone<Event>(event: Event) {
  yield event;
}
