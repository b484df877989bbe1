import type { Clock, Timer } from '#kernel';
import type { Attachment, RunOfNode } from '../runs/run-of-node.ts';

/** A viewer of another node says every second that it is there; after this it counts as lost. */
const silentMs = 5_000;

interface Attended {
  readonly attachment: Attachment;
  expiry: Timer;
  /** Stops waiting for the events that it asked for. */
  stopWaiting: () => void;
}

/** Viewers on other nodes of the runs of this one: each is attached like one that is here. */
export class RemoteViewers {
  readonly #clock: Clock;
  readonly #viewers = new Map<string, Attended>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls `deliver` until it says that it could: now, or each time that there is more. */
  follow(run: RunOfNode, viewer: string, deliver: () => boolean): void {
    const attended = this.#attend(run, viewer);
    attended.stopWaiting();
    if (deliver()) return;
    attended.stopWaiting = run.log.onMore(() => {
      if (deliver()) attended.stopWaiting();
    });
  }

  stay(viewer: string): void {
    const attended = this.#viewers.get(viewer);
    if (!attended) return;
    attended.expiry.cancel();
    attended.expiry = this.#expiry(viewer);
  }

  leave(viewer: string, how: 'for good' | 'connection lost'): void {
    const attended = this.#viewers.get(viewer);
    if (!attended) return;
    this.#viewers.delete(viewer);
    attended.expiry.cancel();
    attended.stopWaiting();
    attended.attachment.leave(how);
  }

  #attend(run: RunOfNode, viewer: string): Attended {
    const known = this.#viewers.get(viewer);
    if (known) {
      this.stay(viewer);
      return known;
    }
    const attachment = run.attach();
    const expiry = this.#expiry(viewer);
    const attended: Attended = { attachment, expiry, stopWaiting: () => undefined };
    this.#viewers.set(viewer, attended);
    return attended;
  }

  #expiry(viewer: string): Timer {
    return this.#clock.after(silentMs, () => this.leave(viewer, 'connection lost'));
  }
}
