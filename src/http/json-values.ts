/**
 * Values that the JSON of a request may have. Ten MiB have room for millions, and whoever reads,
 * checks and refuses them one by one keeps everybody else waiting for seconds.
 */
export const jsonValuesMax = 100_000;

const quote = 0x22;
const backslash = 0x5c;
/** What stands before a value of a list or an object, or in front of all of them. */
const befores: ReadonlySet<number> = new Set([0x2c, 0x5b, 0x7b]); // , [ {

/**
 * Whether a text, if it is JSON, has at most so many values: seen by what stands between them,
 * before any is made.
 */
export function hasFewValues(json: Buffer, most = jsonValuesMax): boolean {
  if (json.length <= most) return true; // each takes a character at the least
  let values = 1;
  let quoted = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at] as number;
    if (byte === quote) quoted = !quoted;
    else if (quoted && byte === backslash) at += 1;
    else if (!quoted && befores.has(byte) && ++values > most) return false;
  }
  return true;
}
