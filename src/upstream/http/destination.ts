import { validateHeaderValue } from 'node:http';
import { urlToHttpOptions } from 'node:url';

/** Where requests go: read from an address once, used for each request. */
export interface Destination {
  readonly url: URL;
  /** Scheme, host and port: whatever has the same ones shares connections. */
  readonly origin: string;
  readonly secure: boolean;
  /** Without brackets. */
  readonly host: string;
  readonly port: number;
  readonly path: string;
  /** The credential that the address itself holds, as a header says it; undefined without one. */
  readonly authorization?: string;
}

export function destinationOf(url: URL): Destination {
  const { protocol, hostname, port, path, auth } = urlToHttpOptions(url);
  const secure = protocol === 'https:';
  const authorization = auth ? `Basic ${Buffer.from(auth).toString('base64')}` : undefined;
  return {
    url,
    origin: url.origin,
    secure,
    host: hostname ?? '',
    port: Number(port || (secure ? 443 : 80)),
    path: path ?? '/',
    ...(authorization ? { authorization } : {}),
  };
}

/**
 * The head of a POST as it goes out. A credential that is given goes before the address's own.
 *
 * @throws TypeError when a header holds what would end its line.
 */
export function headOfPost(
  { url, path, authorization }: Destination,
  headers: Readonly<Record<string, string>>,
  body: string,
): string {
  const own = authorization && !headers['authorization'] ? { authorization } : {};
  const length = String(Buffer.byteLength(body));
  const all = { host: url.host, connection: 'keep-alive', 'content-length': length, ...own };
  let head = `POST ${path} HTTP/1.1\r\n`;
  for (const [name, value] of Object.entries({ ...all, ...headers })) {
    validateHeaderValue(name, value);
    head += `${name}: ${value}\r\n`;
  }
  return `${head}\r\n`;
}
