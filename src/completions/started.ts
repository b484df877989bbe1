import type { Started } from './completions.ts';
import type { Begun } from './repeats.ts';
import { Viewer } from './viewer.ts';

/** A run of this node as its starter or a viewer has it; what is none is that already. */
export function startedOf(begun: Begun): Started {
  if (!('log' in begun)) return begun;
  return {
    id: begun.id,
    completion: () => begun.completion(),
    events: (after, signal) => new Viewer(begun, after, signal),
    async wait(signal) {
      const viewer = new Viewer(begun, 0, signal);
      await begun.settled;
      await viewer.return();
      return begun.completion();
    },
    get refused() {
      return begun.refused;
    },
  };
}
