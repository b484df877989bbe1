import type { RouteCandidate } from '#routing';
import type { Admission } from './admit.ts';
import type { Transcript } from './attempt/transcript.ts';
import type { OutputCap } from './cost/cover.ts';

/**
 * How much a hold grows at a time, in tokens of answer; what is left of the credits is taken in
 * smaller steps.
 */
const growthSteps = [4_096, 1_024, 256, 64];
/** The hold is extended this many tokens before it is used up, so that a burst finds it ready. */
const aheadTokens = 512;
/** What a token of answer weighs at the most before it counts as two; most weigh four bytes. */
const bytesPerToken = 6;

/**
 * Counts the answer and keeps the hold ahead of it. A completion with its own cap was held in full
 * and is never stopped here; one without a cap has its hold extended as it grows, until the
 * allowances are used up. Once all that the model can give is held it is not stopped either: what
 * is counted here is no more than a guess, and the provider keeps to its own count of the cap.
 */
export class Meter {
  readonly #admission: Admission;
  readonly #candidate: RouteCandidate;
  readonly #cap: OutputCap;
  #pieces = 0;
  #heldTokens: number;

  constructor(admission: Admission, candidate: RouteCandidate, cap: OutputCap) {
    this.#admission = admission;
    this.#candidate = candidate;
    this.#cap = cap;
    this.#heldTokens = cap.grows ? Math.min(cap.tokens, growthSteps[0] ?? 0) : cap.tokens;
  }

  /** Takes note of a batch; false when the answer has outgrown what can be paid. */
  covers(transcript: Transcript, pieces: number): boolean {
    this.#pieces += pieces;
    if (!this.#cap.grows) return true;
    const text = Math.max(this.#pieces, Math.ceil(transcript.bytes / bytesPerToken));
    const used = text + transcript.imageTokens;
    while (used + aheadTokens > this.#heldTokens && this.#heldTokens < this.#cap.tokens) {
      if (!this.#grow()) break;
    }
    return used <= this.#heldTokens || this.#holdsAll;
  }

  get #holdsAll(): boolean {
    return !this.#cap.byCredits && this.#heldTokens >= this.#cap.tokens;
  }

  /**
   * An answer that ended at the cap because the allowances, and not the caller or the model, had
   * set it there.
   */
  stoppedByCredits(transcript: Transcript): boolean {
    return this.#cap.byCredits && transcript.finish?.unified === 'LENGTH';
  }

  #grow(): boolean {
    const { cover, hold } = this.#admission;
    const costAt = (tokens: number) => cover.costAt(this.#candidate, tokens);
    for (const step of growthSteps) {
      const next = Math.min(this.#heldTokens + step, this.#cap.tokens);
      const more = costAt(next) - hold.amount;
      if (more <= 0n || hold.extend(more)) {
        this.#heldTokens = next;
        return true;
      }
    }
    return false;
  }
}
