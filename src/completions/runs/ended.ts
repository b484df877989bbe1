import { Fault, flowOf } from '#kernel';
import { type Completion, noUsage } from '../completion.ts';
import type { Started } from '../completions.ts';
import type { CompletionEvent } from '../events/events.ts';

/**
 * A completion whose events are kept no longer, for whoever repeats its key: its bill and how it
 * ended, and instead of events one that says that they are gone.
 */
export function ended(completion: Completion): Started {
  return {
    id: completion.id,
    completion: () => completion,
    events: () => flowOf(gone(completion)),
    wait: async () => completion,
    refused: false,
  };
}

async function* gone(completion: Completion) {
  yield [eventsGone(completion)];
}

/** The only event: what failed says so again; of an answer there is nothing left to tell. */
function eventsGone(completion: Completion): CompletionEvent {
  const error = completion.error ?? resumeExpired();
  const numbers = { completionId: completion.id, sequence: 1, firstSequence: 1 };
  const usage = completion.usage ?? noUsage;
  return { type: 'CompletionFailed', ...numbers, error, usage, completion };
}

export function resumeExpired(): Fault {
  return new Fault('RESUME_EXPIRED', {
    public: 'Its events are gone; read `completion(id:)`.',
  });
}
