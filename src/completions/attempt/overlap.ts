import type { UpstreamEvent } from '#upstream';

/**
 * Fewer characters than these may be the same by chance (`the the` is not, `o` + `o` may be): they
 * are not taken for a repetition.
 */
const charactersMin = 8;

/**
 * Takes out of a continuation what it says once more: the end of the partial answer, or all of it.
 * Holds back what may still turn out to be a repetition, so that nothing is said twice and nothing
 * is lost.
 */
export class Overlap {
  readonly #said: string;
  #held = '';
  #decided: boolean;

  constructor(said: string) {
    this.#said = said;
    this.#decided = said === '';
  }

  /** The events of a continuation that are new. Thoughts on where to go on are no answer. */
  pass(batch: readonly UpstreamEvent[]): readonly UpstreamEvent[] {
    return batch.flatMap((event): readonly UpstreamEvent[] => {
      if (event.type === 'reasoning' || event.type === 'hiddenReasoning') return [];
      if (event.type === 'text') return texts(this.#take(event.text));
      return event.type === 'finish' || event.type === 'toolCall'
        ? [...texts(this.end()), event]
        : [event];
    });
  }

  /** What was held back, at the end. */
  end(): string {
    if (this.#decided) return '';
    this.#decided = true;
    return this.#held.slice(this.#repeated());
  }

  #take(text: string): string {
    if (this.#decided) return text;
    this.#held += text;
    return this.#mayRepeat() ? '' : this.end();
  }

  /** Everything held stands somewhere in what was said, and before its end. */
  #mayRepeat(): boolean {
    const at = this.#said.indexOf(this.#held);
    return at >= 0 && at + this.#held.length < this.#said.length;
  }

  /** How many characters of what is held are the end of what was said. */
  #repeated(): number {
    const most = Math.min(this.#held.length, this.#said.length);
    for (let length = most; length >= Math.min(charactersMin, this.#said.length); length--) {
      if (this.#said.endsWith(this.#held.slice(0, length))) return length;
    }
    return 0;
  }
}

const texts = (text: string): readonly UpstreamEvent[] =>
  text === '' ? [] : [{ type: 'text', text }];
