import { type Admission, admit } from './admit.ts';
import { attempts } from './attempts.ts';
import { endingOf } from './endings.ts';
import type { Rooms } from './rooms.ts';
import type { Running } from './runs/running.ts';
import { settle } from './settle.ts';

/**
 * One completion, from admission to settlement. It never throws: whatever happens becomes the run's
 * ending, and a run that was admitted is settled.
 */
export async function run(running: Running, rooms: Rooms): Promise<void> {
  let admission: Admission | null = null;
  try {
    admission = await admit(running, rooms);
    await attempts(running, admission, rooms);
  } catch (thrown) {
    running.end(endingOf(thrown, running.attempts.length));
  } finally {
    await settle(running, admission, rooms);
  }
}
