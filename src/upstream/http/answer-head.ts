import { UpstreamFault } from '../upstream-fault.ts';

/** By name in lower case. Of a name that comes twice the first counts. */
export type AnswerHeaders = Readonly<Record<string, string | undefined>>;

export interface AnswerHead {
  readonly status: number;
  readonly headers: AnswerHeaders;
}

/** How the end of a body is known: by chunks, by a number of bytes, or by the connection's end. */
export type Framing = 'chunks' | 'connection' | number;

/** A connection that may carry another answer. */
export interface Kept {
  /** For how long its server will keep it, in seconds; null when it did not say. */
  readonly seconds: number | null;
}

export interface ReadHead {
  readonly head: AnswerHead;
  readonly framing: Framing;
  readonly kept: Kept | null;
}

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: |$)/;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: RFC 9110, 5.5 leaves them out
const control = /[\u0000-\u0008\u000a-\u001f\u007f]/;

/**
 * The head of an answer to a POST, without its last blank line (RFC 9112, 4 to 6). It is as strict
 * as Node's own parser: a bare line feed, a folded line, two lengths, or one beside chunks, are
 * MALFORMED, because another reader would see another answer in them.
 */
export function headOf(text: string): ReadHead {
  const [first = '', ...lines] = text.split('\r\n');
  const [, minor, digits] = statusLine.exec(first) ?? malformed('a status line');
  if (control.test(first)) malformed('a status line');
  const fields = lines.map(fieldOf);
  const all = (name: string) => fields.filter(([key]) => key === name).map(([, value]) => value);
  const status = Number(digits);
  const framing = framingOf(status, all('transfer-encoding'), all('content-length'));
  const wishes = listed(all('connection'));
  const stays = minor === '1' ? !wishes.includes('close') : wishes.includes('keep-alive');
  return {
    head: { status, headers: Object.fromEntries(fields.toReversed()) },
    framing,
    kept: stays && framing !== 'connection' ? { seconds: secondsIn(all('keep-alive')) } : null,
  };
}

function fieldOf(line: string): readonly [name: string, value: string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  if (!token.test(name) || control.test(line)) malformed('a header line');
  return [name.toLowerCase(), line.slice(colon + 1).trim()];
}

function framingOf(
  status: number,
  codings: readonly string[],
  lengths: readonly string[],
): Framing {
  if (status < 200 || status === 204 || status === 304) return 0;
  const [length] = lengths;
  if (codings.length > 0) {
    if (length !== undefined) malformed('one length');
    return listed(codings).at(-1) === 'chunked' ? 'chunks' : 'connection';
  }
  if (length === undefined) return 'connection';
  // So many digits that none of them is lost as a number.
  if (!/^\d{1,15}$/.test(length) || lengths.length > 1) malformed('one length');
  return Number(length);
}

const listed = (values: readonly string[]) =>
  values.flatMap((value) => value.toLowerCase().split(',')).map((word) => word.trim());

function secondsIn(values: readonly string[]): number | null {
  const [, seconds] = /(?:^|[ ,;])timeout=(\d{1,6})(?!\d)/i.exec(values.join(',')) ?? [];
  return seconds === undefined ? null : Number(seconds);
}

export function malformed(expected: string): never {
  throw new UpstreamFault({ failure: 'MALFORMED', cause: `no HTTP: ${expected} was expected` });
}
