import { Fault } from '#kernel';
import type { Admission } from '../admit.ts';
import type { Running } from '../runs/running.ts';

/**
 * Before each send: is what was set aside at admission still there? A node that slept may have been
 * taken for dead, and its money spent by others. After content the run then ends with what was
 * delivered; before it nothing has been given and nothing is charged.
 *
 * @throws Fault UNAVAILABLE before content.
 */
export async function demandCover(
  running: Running,
  { hold }: Admission,
  afterContent: boolean,
): Promise<boolean> {
  if (await hold.covered()) return !running.ending;
  if (afterContent) running.end({ kind: 'budget' });
  else throw lostCover();
  return false;
}

const lostCover = () =>
  new Fault('UNAVAILABLE', {
    public:
      'This node was away, and the credits for this completion were given to others. Try again.',
    internal: 'the hold was not covered again after its session was lost',
    retryAfterMs: 1_000,
  });
