/**
 * http: the one server. Owns sockets, requests and the forms of their answers; refuses to decide
 * anything about models, money or people.
 *
 * 1. Every limit on a GraphQL document holds over every transport.
 * 2. When a client ends an operation, or is lost, upstream learns it at once: each operation has
 *    one abort signal.
 * 3. An error shows a code, a sentence and a request id; what is not meant for callers is only in
 *    the log.
 * 4. Billed work is never started by GET.
 * 5. An answer is sent whole or ends visibly: a failure in the middle of a stream is a chunk of its
 *    own.
 */
export { readDocumentManifest } from './graphql/documents/document-manifest.ts';
export { type HttpOptions, type HttpServer, openHttp } from './server.ts';
export { openWaitingRoom, type WaitingRoom } from './waiting-room.ts';
