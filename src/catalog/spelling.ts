/** What the words that a person typed are in the market. */
export interface Speller {
  /** Joins what was torn apart: "deep seek". */
  joined(words: readonly string[]): readonly string[];
  /**
   * Leaves words alone that are known, or the beginning of a known one. Of the others it parts what
   * was run together ("geminiflash"), gives numbers what they lack ("45" → 4.5, "70" → 70b), and
   * mends a slip of the fingers ("cluade", "gtp").
   */
  mended(words: readonly string[]): readonly string[];
}

/** `known`: each word of the market, and how often it occurs. */
export function openSpeller(known: ReadonlyMap<string, number>): Speller {
  const letters = [...known].filter(([word]) => /^\D{3,}$/.test(word));
  const begun = new Set([...known.keys()].flatMap(beginnings));
  const count = (word: string) => known.get(word) ?? 0;
  const mend = (word: string): readonly string[] => {
    if (begun.has(word) || word.length > longest) return [word];
    if (/^\d/.test(word)) return [numbersMeant(word).find((number) => known.has(number)) ?? word];
    return parted(word, known) ?? [nearest(word, letters) ?? word];
  };
  return {
    joined(words) {
      const whole: string[] = [];
      for (const word of words) {
        const last = whole.at(-1) ?? '';
        const torn = count(last + word) > Math.min(count(last), count(word));
        if (last && torn) whole.splice(-1, 1, last + word);
        else whole.push(word);
      }
      return whole;
    },
    mended: (words) => words.flatMap(mend),
  };
}

/** No name has a longer word; what is longer was not typed. */
const longest = 40;

/** What words of letters begin with; a number is known whole or not at all. */
const beginnings = (word: string) =>
  /^\D/.test(word) ? Array.from(word, (_, at) => word.slice(0, at + 1)) : [word];

/** A version without its point, a size without its letter. */
const numbersMeant = (number: string) => [number.replace(/^(\d)(\d)$/, '$1.$2'), `${number}b`];

/** The known words that this one is made of, the longest first; null when it is not. */
function parted(word: string, known: ReadonlyMap<string, number>): readonly string[] | null {
  for (let at = word.length - partLeast; at >= partLeast; at--) {
    const [head, tail] = [word.slice(0, at), word.slice(at)];
    if (!known.has(head)) continue;
    const rest = known.has(tail) ? [tail] : parted(tail, known);
    if (rest) return [head, ...rest];
  }
  return null;
}

/** Two letters are too often the end of another word. */
const partLeast = 3;

/** The word that was most likely meant: the fewest slips away, of equals the most frequent. */
function nearest(typed: string, words: readonly (readonly [string, number])[]): string | null {
  let best: { readonly word: string; readonly slips: number; readonly count: number } | null = null;
  for (const [word, count] of words) {
    const slips = slipsTo(typed, word);
    if (slips > slipsAllowed(typed)) continue;
    const better = !best || slips < best.slips || (slips === best.slips && count > best.count);
    if (better) best = { word, slips, count };
  }
  return best?.word ?? null;
}

/** Three letters allow for no more than two of them in each other's place. */
const slipsAllowed = ({ length }: string) => (length < 4 ? swap : length < 8 ? 1 : 2);

/** Letters change places more often than one is missed: less than a slip. */
const swap = 0.9;

/** To a word, or to the beginning of one that is not typed to its end. */
function slipsTo(typed: string, word: string): number {
  const whole = slips(typed, word);
  if (typed.length < 5 || word.length <= typed.length) return whole;
  return Math.min(whole, slips(typed, word.slice(0, typed.length)) + unfinished);
}

/** Of equals, a word that was typed to its end is the likelier. */
const unfinished = 0.05;

/**
 * Letters missed, doubled, mistaken, or two in each other's place (optimal string alignment);
 * infinite where the lengths alone say that it is too far.
 */
function slips(typed: string, word: string): number {
  if (Math.abs(typed.length - word.length) > 2) return Infinity;
  let [before, last]: number[][] = [[], Array.from({ length: word.length + 1 }, (_, at) => at)];
  for (let row = 1; row <= typed.length; row++) {
    const next = [row];
    for (let at = 1; at <= word.length; at++) {
      const same = typed[row - 1] === word[at - 1];
      const swapped = typed[row - 1] === word[at - 2] && typed[row - 2] === word[at - 1];
      next[at] = Math.min(
        (last?.[at] ?? 0) + 1,
        (next[at - 1] ?? 0) + 1,
        (last?.[at - 1] ?? 0) + (same ? 0 : 1),
        swapped ? (before?.[at - 2] ?? 0) + swap : Infinity,
      );
    }
    [before, last] = [last, next];
  }
  return last?.[word.length] ?? Infinity;
}
