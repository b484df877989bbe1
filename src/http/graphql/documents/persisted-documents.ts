import { createHash } from 'node:crypto';
import { GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';

/** How a client may name a document instead of sending it. */
export interface DocumentNames {
  /** Empty or absent: the document is named by its hash alone. */
  readonly query?: string | null | undefined;
  /** `sha256:` and the hash in hex, as code generators write it. */
  readonly documentId?: string | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

const documentCharactersMax = 64 * 1024;
const keptCharactersMax = 8 * 1024 * 1024;

/**
 * Documents that clients name by their SHA-256 instead of sending them: those of the operator's
 * manifest for ever, and those that a client has sent once with their hash (automatic persisted
 * queries, in the form of Apollo's clients), the last used ones. Each node learns its own: a client
 * that meets one which has not heard of a document sends it again, as the protocol has it.
 */
export class PersistedDocuments {
  readonly #listed: ReadonlyMap<string, string>;
  readonly #sent = new LRUCache<string, string>({
    maxSize: keptCharactersMax,
    maxEntrySize: documentCharactersMax,
    sizeCalculation: (query) => query.length,
  });

  /** `manifest`: from hash in hex to document. */
  constructor(manifest: ReadonlyMap<string, string> = new Map()) {
    this.#listed = manifest;
  }

  /** The text of the document that a request sends or names. Throws what its client can act on. */
  textOf(request: DocumentNames): string {
    const hash = hashIn(request);
    if (request.query) {
      if (hash !== null && hash !== sha256(request.query)) throw otherDocument();
      return request.query;
    }
    if (hash === null) throw noDocument();
    const known = this.#listed.get(hash) ?? this.#sent.get(hash);
    if (known === undefined) throw unknownDocument();
    return known;
  }

  /** Keeps a document that was sent together with its hash and found to be a sound one. */
  keep(request: DocumentNames): void {
    const { query } = request;
    const hash = query ? hashIn(request) : null;
    if (query && hash !== null) this.#sent.set(hash, query);
  }
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const hashForm = /^(?:sha256:)?([0-9a-f]{64})$/;

/** The hash that a request gives, in whichever way; null when it gives none. */
function hashIn({ documentId, extensions }: DocumentNames): string | null {
  const automatic = extensions?.['persistedQuery'] as Record<string, unknown> | null | undefined;
  if (automatic && automatic['version'] !== 1) throw unknownVersion();
  const given = documentId ?? automatic?.['sha256Hash'];
  if (given === undefined || given === null) return null;
  const hash = hashForm.exec(String(given))?.[1];
  if (!hash) throw malformed();
  return hash;
}

/** Clients of Apollo's protocol know these two by message or code, and send the document then. */
const unknownDocument = () => refusal('PersistedQueryNotFound', 'PERSISTED_QUERY_NOT_FOUND');
const unknownVersion = () => refusal('PersistedQueryNotSupported', 'PERSISTED_QUERY_NOT_SUPPORTED');

const noDocument = () =>
  refusal('Send a document as `query`, or name a known one by `documentId`.', 'INVALID_INPUT');

const malformed = () =>
  refusal('A document is named by its SHA-256 in hex: `sha256:` and 64 digits.', 'INVALID_INPUT');

const otherDocument = () =>
  refusal(
    'The hash is that of another document: it is the SHA-256 of `query`, byte for byte.',
    'INVALID_INPUT',
  );

const refusal = (message: string, code: string) =>
  new GraphQLError(message, { extensions: { code } });
