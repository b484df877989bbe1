import type { RequestOptions } from 'node:http';
import { urlToHttpOptions } from 'node:url';

/** Where requests go, in node:http's words: read from an address once, used for each request. */
export interface Destination {
  readonly url: URL;
  readonly options: Readonly<RequestOptions>;
}

export function destinationOf(url: URL): Destination {
  const { protocol, hostname, port, path, auth } = urlToHttpOptions(url);
  return { url, options: { protocol, hostname, port, path, ...(auth ? { auth } : {}) } };
}
