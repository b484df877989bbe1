import { invariant } from '#kernel';

/** Where a run stands (docs/STREAM.md numbers them). */
export type State = 'QUEUED' | 'ADMITTED' | 'TRYING' | 'ANSWERING' | 'ENDED' | 'DURABLE';

/**
 * What can happen to it. `end` is whichever comes first of finish, failure, cancel, budget and
 * shutdown.
 */
export type Step = 'admit' | 'send' | 'content' | 'fail' | 'end' | 'acknowledge';

/** The life of a completion as a total table: what is not a state is refused. */
export const lifecycle: Readonly<Record<State, Readonly<Record<Step, State | 'refused'>>>> = {
  QUEUED: {
    admit: 'ADMITTED',
    send: 'refused',
    content: 'refused',
    fail: 'refused',
    end: 'ENDED',
    acknowledge: 'refused',
  },
  ADMITTED: {
    admit: 'refused',
    send: 'TRYING',
    content: 'refused',
    fail: 'refused',
    end: 'ENDED',
    acknowledge: 'refused',
  },
  TRYING: {
    admit: 'refused',
    send: 'refused',
    content: 'ANSWERING',
    fail: 'ADMITTED',
    end: 'ENDED',
    acknowledge: 'refused',
  },
  // Content commits the attempt: from here on nothing is tried again unasked.
  ANSWERING: {
    admit: 'refused',
    send: 'refused',
    content: 'refused',
    fail: 'refused',
    end: 'ENDED',
    acknowledge: 'refused',
  },
  ENDED: {
    admit: 'refused',
    send: 'refused',
    content: 'refused',
    fail: 'refused',
    end: 'refused',
    acknowledge: 'DURABLE',
  },
  DURABLE: {
    admit: 'refused',
    send: 'refused',
    content: 'refused',
    fail: 'refused',
    end: 'refused',
    acknowledge: 'refused',
  },
};

/** The state after a step that must be possible. */
export function advance(state: State, step: Step): State {
  const next = lifecycle[state][step];
  invariant(next !== 'refused', `a completion that is ${state} cannot ${step}`);
  return next;
}
