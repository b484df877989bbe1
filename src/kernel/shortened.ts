const mostCharacters = 4_000;
const half = mostCharacters / 2;
/** Longer than any word, name or id that is told. */
const runMost = 200;
const longRun = new RegExp(`\\S{${runMost},}`, 'g');

/**
 * A sentence that holds what somebody sent, readable however much that is: of what is too long for
 * a word its beginning is kept, and of what is too long all the same its beginning and its end,
 * since what is wrong with a value often stands behind it.
 */
export function shortened(text: string): string {
  if (text.length <= mostCharacters) return text;
  const words = text.replace(longRun, (run) => `${run.slice(0, runMost / 2)}…`);
  if (words.length <= mostCharacters) return words;
  return `${words.slice(0, half)} […] ${words.slice(-half)}`;
}
