import type { RequestOptions } from 'node:http';
import { urlToHttpOptions } from 'node:url';

/** Where requests go, in node:http's words: read from an address once, used for each request. */
export interface Destination {
  readonly url: URL;
  readonly options: Readonly<RequestOptions>;
  /** The credential that the address itself holds, as a header says it; undefined without one. */
  readonly authorization?: string;
}

export function destinationOf(url: URL): Destination {
  const { protocol, hostname, port, path, auth } = urlToHttpOptions(url);
  const authorization = auth ? `Basic ${Buffer.from(auth).toString('base64')}` : undefined;
  const options = { protocol, hostname, port, path };
  return { url, options, ...(authorization ? { authorization } : {}) };
}

/**
 * The headers of a POST as they go out, name and value in turn: node:http takes such a list as it
 * is, and adds nothing but `Connection`. A credential that is given goes before the address's own.
 */
export function headLines(
  { url, authorization }: Destination,
  headers: Readonly<Record<string, string>>,
  body: string,
): readonly string[] {
  const lines = ['host', url.host, 'content-length', String(Buffer.byteLength(body))];
  if (authorization && !headers['authorization']) lines.push('authorization', authorization);
  for (const [name, value] of Object.entries(headers)) lines.push(name, value);
  return lines;
}
