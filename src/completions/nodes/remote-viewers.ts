import type { Clock, Timer } from '#kernel';
import type { Attachment, RunOfNode } from '../runs/run-of-node.ts';

/** A viewer of another node says every second that it is there; after this it counts as lost. */
const silentMs = 5_000;

interface Attended {
  readonly run: RunOfNode;
  readonly attachment: Attachment;
  /** The number after which it began. */
  readonly begunAfter: number;
  expiry: Timer;
  /** Stops waiting for the events that it asked for. */
  stopWaiting: () => void;
}

/** What a viewer asks for. */
interface Followed {
  readonly viewer: string;
  readonly after: number;
}

/** Viewers on other nodes of the runs of this one: each is attached like one that is here. */
export class RemoteViewers {
  readonly #clock: Clock;
  readonly #viewers = new Map<string, Attended>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Calls `deliver` until it says that it could: now, or each time that there is more; `begins`
   * while nothing was delivered to this viewer.
   */
  follow(run: RunOfNode, asked: Followed, deliver: (begins: boolean) => boolean): void {
    const attended = this.#attend(run, asked);
    attended.stopWaiting();
    const begins = asked.after === attended.begunAfter;
    if (deliver(begins)) return;
    attended.stopWaiting = run.log.onMore(() => {
      if (deliver(begins)) attended.stopWaiting();
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

  #attend(run: RunOfNode, { viewer, after }: Followed): Attended {
    const known = this.#viewers.get(viewer);
    if (known) {
      this.stay(viewer);
      return known;
    }
    const attachment = run.attach();
    const expiry = this.#expiry(viewer);
    const attended = { run, attachment, begunAfter: after, expiry, stopWaiting: () => undefined };
    this.#viewers.set(viewer, attended);
    return attended;
  }

  #expiry(viewer: string): Timer {
    return this.#clock.after(silentMs, () => this.leave(viewer, 'connection lost'));
  }
}
