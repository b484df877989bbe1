import type { z } from 'zod';
import type { InputIssue } from '#kernel';

/** How messages begin that no shape has of its own. */
const zods = /^(Invalid (input|option|discriminator)|Too (small|big))/;

type Sentence = Omit<InputIssue, 'path'>;

/** What is wrong with a value and what would be right; words of the shape's own are kept. */
export function sentenceOf(issue: z.core.$ZodIssue, value: unknown): Sentence {
  const own = `${issue.message.replace(/\.$/, '')}.`;
  const [, ownAccepted] = /Accepted: (.*)\.$/.exec(own) ?? [];
  const accepted = ownAccepted ?? acceptedBy(issue);
  const ordinary = zods.test(own) && accepted !== '';
  if (value !== undefined && !ordinary) return { message: own };
  const message = value === undefined ? 'It is missing.' : `It is ${shown(value, issue)}.`;
  return accepted === '' ? { message } : { message, accepted };
}

/** A text is repeated where it should be one of a few words: elsewhere it may be a prompt. */
function shown(value: unknown, { code }: z.core.$ZodIssue): string {
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object' && value !== null) return 'an object';
  if (typeof value !== 'string') return String(value);
  const word = code !== 'invalid_type' && value.length <= wordMax;
  return word ? JSON.stringify(value) : 'a text';
}

const wordMax = 40;

function acceptedBy(issue: z.core.$ZodIssue): string {
  const [, options] = /^Invalid discriminator value\. Expected (.*)$/.exec(issue.message) ?? [];
  const all = options ? options.replaceAll("'", '"').split(' | ') : expectedBy(issue);
  const words = [...new Set(all)];
  const last = words.pop() ?? '';
  return words.length === 0 ? last : `${words.join(', ')} or ${last}`;
}

function expectedBy(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_type') return [kinds[issue.expected] ?? issue.expected];
  if (issue.code === 'invalid_value') return issue.values.map((value) => JSON.stringify(value));
  if (issue.code === 'too_small') return [`at least ${issue.minimum}${unitOf(issue)}`];
  if (issue.code === 'too_big') return [`at most ${issue.maximum}${unitOf(issue)}`];
  return issue.code === 'invalid_union' ? issue.errors.flat().flatMap(expectedBy) : [];
}

const units: Readonly<Record<string, string>> = { array: ' in the list', string: ' characters' };

const unitOf = ({ origin }: { readonly origin: string }) => units[origin] ?? '';

const kinds: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};
