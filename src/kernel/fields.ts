import { Fault, type InputIssue, InvalidInput } from './fault.ts';
import { type Money, parseMoney } from './money.ts';

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

type Readers = Readonly<Record<string, () => unknown>>;

/** Reads the fields of an input. @throws one InvalidInput that names all that are wrong. */
export function together<Fields extends Readers>(
  fields: Fields,
): { [Name in keyof Fields]: ReturnType<Fields[Name]> } {
  const issues: InputIssue[] = [];
  const read = Object.entries(fields).map(([name, field]) => {
    try {
      return [name, field()];
    } catch (thrown) {
      if (!(thrown instanceof InvalidInput)) throw thrown;
      issues.push(...thrown.issues);
      return [name, undefined];
    }
  });
  if (issues.length > 0) throw new InvalidInput(issues);
  return Object.fromEntries(read);
}

/** What a text column, and JSON about it, can hold: no NUL, no half of a surrogate pair. */
export const isKeepable = (text: string): boolean => text.isWellFormed() && !text.includes('\0');
