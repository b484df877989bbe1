import type { Random } from '#kernel';

/** Written for this purpose. */
const source = `
The market opens before the sun and the sellers lay out their words in small heaps. A buyer walks
along the stalls and asks for a sentence that will keep until the evening. The seller weighs the
sentence on a brass scale and names a price that is fair and very small. The buyer counts the
coins twice and the seller counts them once more. A boy runs from the harbour with news of a ship
full of answers. The answers are fresh and nobody has asked the questions yet. In the second row
an old woman sells short answers by the dozen and long answers by the hour. She says that a short
answer is worth more when the night is cold. The clerk of the market writes every sale into a
heavy book and the book is never wrong. When two sellers offer the same word the buyer takes the
cheaper one and the other seller shrugs and lowers the price. A seller who falls silent in the
middle of a sentence is not paid and the buyer walks on to the next stall. The bell rings at noon
and the prices turn like leaves in the wind. Some buyers come for the fast sellers and some come
for the patient ones. The fast sellers throw their words across the square and the patient ones
wrap each word in paper. A stranger asks whether the words are true and the clerk says that they
are only words and that this is only a simulation of a market. The stranger laughs and buys a
whole basket. In the evening the sellers sweep the square and the last words roll under the
tables. The clerk closes the heavy book and the sum of every column is zero. The lamps go out one
by one and the market sleeps until the sun comes back.
`;

const words = source.trim().split(/\s+/);

/** For each pair of words that stand together, the words that follow it somewhere. */
const followers = new Map<string, string[]>();
for (let at = 2; at < words.length; at++) {
  const pair = `${words[at - 2]} ${words[at - 1]}`;
  followers.set(pair, [...(followers.get(pair) ?? []), words[at] ?? '']);
}

/** Where a sentence may begin. */
const openings = words.flatMap((word, at) =>
  at + 1 < words.length && (at === 0 || words[at - 1]?.endsWith('.'))
    ? [[word, words[at + 1] ?? ''] as const]
    : [],
);

/** Babble of at least `wordsMin` words that ends with a sentence: a Markov chain of order 2. */
export function babble(random: Random, wordsMin: number): string {
  const said: string[] = [];
  while (said.length < wordsMin || !said.at(-1)?.endsWith('.')) {
    const next = followers.get(`${said.at(-2)} ${said.at(-1)}`);
    if (next && said.length > 1) said.push(pick(random, next));
    else said.push(...pick(random, openings));
  }
  return said.join(' ');
}

function pick<T>(random: Random, from: readonly T[]): T {
  return from[Math.floor(random.next() * from.length)] as T;
}
