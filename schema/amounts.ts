import { Fault, InvalidInput, type Money, parseMoney } from '#kernel';

/** An amount of an input. @throws InvalidInput that names the field. */
export function amountOf(text: string, path: string): Money {
  try {
    return parseMoney(text);
  } catch (thrown) {
    throw InvalidInput.at(path, Fault.from(thrown).public);
  }
}

/** An amount above 0. @throws InvalidInput that names the field. */
export function positive(text: string, path = 'input.amount'): Money {
  const amount = amountOf(text, path);
  if (amount > 0n) return amount;
  throw InvalidInput.at(path, 'It is not above 0.', 'US dollars above 0');
}
