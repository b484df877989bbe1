import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Clock, Log } from '#kernel';
import manifest from '../../package.json' with { type: 'json' };

/** What a connector needs of this process. */
export interface ConnectionOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Instead of the connector's own pools: for another trust store, say. */
  readonly agent?: HttpAgent;
}

/** All that a provider learns of who calls. */
export const userAgent = `bourse/${manifest.version}`;

/** Idle connections are closed by us before the usual servers and balancers close them. */
const idleSocketMs = 30_000;

/** Kept connections, for either scheme. */
export function openPool(agent?: HttpAgent): (url: URL) => HttpAgent {
  const pool = { keepAlive: true, maxFreeSockets: 256, timeout: idleSocketMs };
  const plain = agent ?? new HttpAgent(pool);
  const secure = agent ?? new HttpsAgent(pool);
  return ({ protocol }) => (protocol === 'https:' ? secure : plain);
}
