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
 * happens it collects all the others whenever a tenth has been added, instead of a half.
 */
export const nodeFlags = ['--max-semi-space-size=16', '--heap-growing-percent=50'];

/**
 * What the C library is told, likewise: pieces of 32 KiB, the size in which V8's compilers take
 * their memory, go back to the system when they are freed. Kept, they are 50 MiB. Other libraries
 * than glibc do not read it.
 */
export const nodeEnvironment = { MALLOC_MMAP_THRESHOLD_: '32768' };
