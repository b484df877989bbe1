import type { Cipher } from '../cipher.ts';

/**
 * The keyed hash of what a connection sends. One that is kept open sends the same credential with
 * each request: it is not hashed again, which costs a tenth of a small query. What is remembered is
 * the last one alone, and goes with the connection, whose last request holds it anyway.
 */
export class ConnectionHashes {
  readonly #keyedHash: Cipher['keyedHash'];
  readonly #last = new WeakMap<object, { readonly credential: string; readonly hash: string }>();

  constructor(keyedHash: Cipher['keyedHash']) {
    this.#keyedHash = keyedHash;
  }

  of(credential: string, connection: object | undefined): string {
    if (!connection) return this.#keyedHash(credential);
    const last = this.#last.get(connection);
    if (last?.credential === credential) return last.hash;
    const hash = this.#keyedHash(credential);
    this.#last.set(connection, { credential, hash });
    return hash;
  }
}
