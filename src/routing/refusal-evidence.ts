import { parameterFields } from './needs.ts';

/** How providers call a parameter, where it is not by its name. */
const otherNames: Readonly<Record<string, RegExp>> = {
  tools: /\btools?\b|\btool (use|calling|choice)\b|function call/i,
  tool_choice: /\btool[_ ]choice\b/i,
  response_format: /\bresponse_?format\b|\bjson[_ ](mode|object)\b/i,
  structured_outputs: /\bresponse_?format\b|\bjson[_ ]?schema\b|structured output/i,
  reasoning: /\breasoning\b|\bthinking\b/i,
};

const refusing =
  /(not|n['’]t) (be )?(support|permitted|allowed|available|enabled|implemented)|unsupported|unrecognized|unknown (parameter|field|argument|name)|extra inputs/i;

/** It is a value that is wrong, a tool's name or its schema: the caller's own fault. */
const valueIsWrong = /\binvalid (?!parameter|request|argument|json payload)|\bmust\b/i;

/** An apostrophe within a word begins no quotation. */
const quoted = /(?<!\w)(['"`])[^'"`]*\1(?!\w)|“[^”]*”/g;
const path = /[\w$]+(?:\[\w*\]|\.[\w$]+)+[.[\]\w$]*/g;

const lengthMax = 200;
const leftOut = '[…]';

/** What may stand in quotes or in a path and says nothing of a caller. */
const words: ReadonlySet<string> = new Set([
  ...parameterFields,
  ...['json_object', 'json_schema', 'thinking', 'max_tokens', 'max_completion_tokens'],
]);

/**
 * A provider's words without what may be the caller's or an account's: quoted text and paths into
 * the request that are no parameter's name, and words with digits or an @. They decide and are
 * shown to everybody, so what a caller wrote into its request does neither.
 */
export function safeEvidence(said: string): string {
  const bare = said
    .replace(quoted, (text) => (words.has(text.slice(1, -1)) ? text : leftOut))
    .replace(path, leftOut)
    .replace(/\S*[\d*@…]\S*/g, leftOut);
  return bare.length > lengthMax ? `${bare.slice(0, lengthMax - 1)}…` : bare;
}

/** Those of the parameters that the words name as refused. */
export function refusedIn(evidence: string, used: ReadonlySet<string>): readonly string[] {
  if (!refusing.test(evidence) || valueIsWrong.test(evidence)) return [];
  return [...used].filter((parameter) => patternOf(parameter).test(evidence));
}

const patternOf = (parameter: string) =>
  otherNames[parameter] ?? new RegExp(`\\b${parameter.replace('_', '_?')}\\b`, 'i');
