import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Node runs `.ts` directly from this version on, and the code counts on it. */
export const oldestNode = 24;

/** True when the Node that runs this is new enough. */
export const runsHere = Number.parseInt(process.versions.node, 10) >= oldestNode;

/** The Node that `npm ci` brings along, as the package `node`; null when it is not installed. */
export function ownNode() {
  const name = process.platform === 'win32' ? 'node.exe' : 'node';
  const place = fileURLToPath(new URL(`../node_modules/node/bin/${name}`, import.meta.url));
  return existsSync(place) ? place : null;
}

/**
 * How Node is told to run the server; `bin/start.sh` says the same. Left to itself it takes 128 MiB
 * for young objects on a large machine, a third of what Bourse needs in all, and when little
 * happens it collects all the others whenever a tenth has been added, instead of a half. What a
 * place in the code makes it would put among the old from the start, once most of it lived on in
 * some busy moment, and whatever that points to would live until a full collection, for as long as
 * the process does. And its code lies in large pages where the system has them, so that the
 * processor finds its way in it. WebAssembly, PGlite above all, is compiled once, quickly, and not
 * again for speed: that takes a quarter of a start and, for PostgreSQL's parser alone, 600 MiB for
 * half a second, to make a completion on an embedded node cheaper by a tenth.
 */
export const nodeFlags = [
  '--max-semi-space-size=16',
  '--heap-growing-percent=50',
  '--no-allocation-site-pretenuring',
  '--use-largepages=silent',
  '--no-wasm-tier-up',
  '--no-wasm-dynamic-tiering',
];

/**
 * What the C library is told, likewise: pieces of 32 KiB, the size in which V8's compilers take
 * their memory, go back to the system when they are freed. Kept, they are 50 MiB. Other libraries
 * than glibc do not read it.
 */
export const nodeEnvironment = { MALLOC_MMAP_THRESHOLD_: '32768' };
