import type { Market } from '#catalog';

/** What the answers of a node may weigh together, their questions included. */
const bytesMax = 32 * 1024 * 1024;
const questionCharactersMax = 8 * 1024;
const answerCharactersMax = 1024 * 1024;
/** Questions that are remembered until they are asked again. */
const askedOnceMax = 1_000;

/** An answer without what it says of its cost, which is another each time. */
export interface MadeAnswer {
  /** Its JSON, an object that is still open. */
  readonly open: string;
  /** Points that its document costs. */
  readonly requested: number;
}

export interface KeptAnswer extends Pick<MadeAnswer, 'requested'> {
  /** The same as bytes. */
  readonly bytes: Buffer;
}

/**
 * The bytes of answers that were made of the catalog alone, kept until the catalog is another: the
 * page that everybody asks for is executed and serialised once. A question is the body as it came;
 * its answer is kept when it is asked for the second time, since most are never asked again.
 */
export class KeptAnswers {
  readonly #answers = new Map<string, KeptAnswer>();
  readonly #askedOnce = new Set<string>();
  #market: Market | null = null;
  #bytes = 0;

  /** The answer that was made of this very market; undefined when there is none. */
  find(question: string, market: Market): KeptAnswer | undefined {
    return market === this.#market ? this.#answers.get(question) : undefined;
  }

  keep(question: string, { open, requested }: MadeAnswer, market: Market): void {
    if (market !== this.#market) this.#forgetAll(market);
    if (question.length > questionCharactersMax || open.length > answerCharactersMax) return;
    if (this.#answers.has(question) || this.#isFirst(question)) return;
    const bytes = Buffer.from(open);
    const weight = question.length + bytes.length;
    // Rather begin anew than know which was asked for last: a change of the catalog does the same.
    if (this.#bytes + weight > bytesMax) this.#forgetAll(market);
    this.#bytes += weight;
    this.#answers.set(question, { bytes, requested });
  }

  #isFirst(question: string): boolean {
    if (this.#askedOnce.delete(question)) return false;
    if (this.#askedOnce.size === askedOnceMax) this.#askedOnce.clear();
    this.#askedOnce.add(question);
    return true;
  }

  #forgetAll(market: Market): void {
    this.#answers.clear();
    this.#askedOnce.clear();
    this.#bytes = 0;
    this.#market = market;
  }
}
