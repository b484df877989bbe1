import { amountOf, InvalidInput, type Money } from '#kernel';
import { centsOf } from './payments.ts';

const leastCents = 100;
const mostCents = 1_000_000;

/** An amount of an input that can be bought at once. @throws InvalidInput that names the field. */
export function buyable(text: string, path: string): Money {
  const amount = amountOf(text, path);
  const cents = centsOf(amount);
  if (cents !== null && cents >= leastCents && cents <= mostCents) return amount;
  const accepted = 'whole cents, 1 to 10000 US dollars';
  throw InvalidInput.at(path, 'It cannot be bought.', accepted);
}
