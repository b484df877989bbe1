import { type Clock, type Log, sleep, type Timer } from '#kernel';
import type { Completion } from '../completion.ts';
import type { Running } from '../runs/running.ts';
import { type Copies, copyBytesMax } from './copies.ts';
import { packed } from './copy.ts';
import { completionToWire, eventToWire } from './wire.ts';

/** What a run says is copied this often, its end with the next look. */
const copyMs = 1_000;
const lookMs = 100;
/** So many at one look, so that it is short. */
const atOnceMax = 100;
const closeMsMax = 1_000;

interface Copied {
  readonly running: Running;
  /** Events up to this number are in the copy; 0: there is none. */
  copied: number;
  bytes: number;
  dueMs: number;
}

export interface CopyingOptions {
  readonly copies: Copies;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Copies runs of this node to where others can read them, behind the runs: none waits for it, and
 * it costs nothing per token. One write a run is under way at most, so what a slow Redis has not
 * taken waits in the logs of the runs, where it is anyway.
 */
export class Copying {
  readonly #options: CopyingOptions;
  readonly #running = new Map<string, Copied>();
  /** Ended ones that have a copy. */
  readonly #ended = new Set<string>();
  #looking: Timer | null = null;
  #writing: Promise<void> | null = null;
  /** While writes fail one run at a time is tried again, and not before then. */
  #fails: { untilMs: number } | null = null;

  constructor(options: CopyingOptions) {
    this.#options = options;
  }

  /** Copies a run from now on. */
  begin(running: Running): void {
    if (this.#running.has(running.id) || running.log.closed) return;
    const { clock } = this.#options;
    const dueMs = clock.monotonic() + copyMs;
    this.#running.set(running.id, { running, copied: 0, bytes: 0, dueMs });
    this.#looking ??= clock.every(lookMs, () => this.#look());
  }

  /** The node forgets an ended one, and so do the others, also when it could not be copied yet. */
  forget(id: string): void {
    this.#running.delete(id);
    if (this.#ended.delete(id)) this.#drop(id);
  }

  /** Waits for the copies of those that have ended, a second at most. */
  async close(): Promise<void> {
    const patience = new AbortController();
    const tooLong = sleep(this.#options.clock, closeMsMax, patience.signal).catch(() => undefined);
    await Promise.race([this.#finish(), tooLong]);
    patience.abort();
    this.#stop();
  }

  async #finish(): Promise<void> {
    for (let left = Infinity; this.#running.size < left; ) {
      left = this.#running.size;
      await this.#writing;
      this.#look();
      await this.#writing;
    }
  }

  #look(): void {
    if (this.#writing) return;
    if (this.#running.size === 0) this.#stop();
    const nowMs = this.#options.clock.monotonic();
    if (this.#fails && nowMs < this.#fails.untilMs) return;
    const due = [...this.#running.values()].filter(
      ({ running, dueMs }) => running.log.closed || dueMs <= nowMs,
    );
    const writing = due.slice(0, this.#fails ? 1 : atOnceMax).map((each) => this.#write(each));
    if (writing.length === 0) return;
    this.#writing = Promise.all(writing).then(() => {
      this.#writing = null;
    });
  }

  #stop(): void {
    this.#looking?.cancel();
    this.#looking = null;
  }

  /** Never throws: what could not be copied is tried again with the next look at it. */
  async #write(each: Copied): Promise<void> {
    const { clock, log } = this.#options;
    const { running } = each;
    each.dueMs = clock.monotonic() + copyMs;
    const { length, closed } = running.log;
    if (running.refused) this.#running.delete(running.id);
    if (running.refused || length === each.copied) return;
    try {
      each.bytes = await this.#copy(each);
      each.copied = each.bytes === 0 ? 0 : length;
      if (this.#fails) log.info('completions are copied for other nodes again');
      this.#fails = null;
    } catch (error) {
      if (!this.#fails) log.warn('completions are not copied for other nodes', { error });
      this.#failed(each);
      return;
    }
    if (each.bytes > copyBytesMax || !this.#running.has(running.id)) {
      this.#running.delete(running.id);
      this.#drop(running.id);
    } else if (closed && each.copied > 0) {
      this.#running.delete(running.id);
      this.#ended.add(running.id);
    }
  }

  /** Comes after the others next time: what is refused for itself keeps none of them waiting. */
  #failed(each: Copied): void {
    this.#fails = { untilMs: this.#options.clock.monotonic() + copyMs };
    if (this.#running.delete(each.running.id)) this.#running.set(each.running.id, each);
  }

  /** What has ended is written anew, as one; 0 bytes when there was nothing to go on with. */
  async #copy({ running, copied, bytes }: Copied): Promise<number> {
    const { copies, clock } = this.#options;
    const { closed, events } = running.log;
    const whole = copied === 0 || closed;
    const piece = {
      at: clock.now(),
      completion: whole && !closed ? completionToWire(unsaid(running.completion())) : null,
      events: packed(events.slice(whole ? 0 : copied).map(eventToWire)),
    };
    if (whole) return copies.begin(running.id, piece);
    const more = await copies.goOn(running.id, piece);
    return more === null ? 0 : bytes + more;
  }

  #drop(id: string): void {
    const { copies, log } = this.#options;
    copies.drop(id).catch((error) => log.debug('a copy was left to expire', { error }));
  }
}

/** What was said stands in the events. */
const unsaid = (completion: Completion): Completion => ({
  ...completion,
  content: completion.content && {
    ...completion.content,
    ...{ text: '', reasoning: null, reasoningDetails: null, toolCalls: [] },
  },
});
