import type { Rule, Source, Violation } from './source.ts';

/** Work is done or not begun: a note of what is missing belongs in no file. */
export const nothingUnfinished: Rule = (source) =>
  found(source, /\b(?:TOD[O]|FIXM[E]|XX[X]|HAC[K])\b/, 'a note of unfinished work: finish it');

/** A tool that is told to be silent is told why, in the same comment. */
export const explainedSilence: Rule = (source) =>
  found(
    source,
    /@ts-(?:ignore|nocheck)\b|@ts-expect[-]error(?!: \w)|biome-[i]gnore [\w/]+(?![\w/]|: *\w)/,
    'a silenced check: say why after it',
  );

/** What is true on one machine only: a path of somebody's home, checkout or scratch folder. */
export const noOwnPaths = (source: Pick<Source, 'lines'>): Violation[] =>
  found(source, /(?<![\w.~*-])\/(?:work|root|tmp|home|Users)\/[a-z]/, 'a path of one machine');

const banned = /^(?:utils?|helpers?|managers?|services?|types?|common)$/;

/** A file is named for its one idea. */
export const namedForItsIdea: Rule = ({ path }) => {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const stem = name.replace(/(?:\.[a-z]+)+$/, '');
  if (!/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(stem)) {
    return [{ line: 1, message: `${name}: files are named in kebab-case` }];
  }
  if (!stem.split('-').some((word) => banned.test(word))) return [];
  return [{ line: 1, message: `${name}: a name that could hold anything; name the idea` }];
};

/**
 * The head of a room's door: its name, what it owns and refuses, and its invariants in numbered
 * sentences.
 */
export const doorWithAHead: Rule = ({ path, text }) => {
  const room = /^src\/([^/]+)\/index\.ts$/.exec(path)?.[1];
  if (room === undefined) return [];
  const head = /^\/\*\*\n \* ([\w-]+): .*?\n \*\//s.exec(text);
  if (head?.[1] === room && /^ \* 1\. /m.test(head[0])) return [];
  const message = `the door of ${room} begins with "/** ${room}: …" and numbered invariants`;
  return [{ line: 1, message }];
};

function found({ lines }: Pick<Source, 'lines'>, what: RegExp, message: string): Violation[] {
  return lines.flatMap((text, index) => (what.test(text) ? [{ line: index + 1, message }] : []));
}
