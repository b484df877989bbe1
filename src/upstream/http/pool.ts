import type { LookupFunction } from 'node:net';
import type { Clock, Log } from '#kernel';
import manifest from '../../../package.json' with { type: 'json' };
import type { Kept } from './answer-head.ts';
import { Connection } from './connection.ts';
import type { Destination } from './destination.ts';

/** What a connector needs of this process. */
export interface ConnectorOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Its connections; by default it has its own. */
  readonly pool?: Pool;
}

/** All that a provider learns of who calls. */
export const userAgent = `bourse/${manifest.version}`;

/** Idle connections are closed by us before the usual servers and balancers close them. */
const idleMs = 30_000;
/** As much earlier than a server says that it will close one. */
const aheadMs = 1_000;
/** Idle ones to one place; the longest idle goes first. */
const idleMax = 256;

/** The connections to one place that nobody uses, the last used at the end. */
interface Place {
  readonly idle: Connection[];
  session: Buffer | undefined;
}

/** Kept connections. What was used last is used next, so that a few stay warm and the rest end. */
export class Pool {
  readonly #lookup: LookupFunction | undefined;
  readonly #places = new Map<string, Place>();

  /** `lookup`: how names are found, instead of the system's way. */
  constructor({ lookup }: { readonly lookup?: LookupFunction } = {}) {
    this.#lookup = lookup;
  }

  /** A connection for one request: a kept one, or a new one, whose dialling has begun. */
  take(to: Destination): Connection {
    return this.#at(to).idle.pop() ?? this.dial(to);
  }

  /** A new one. */
  dial(to: Destination): Connection {
    const place = this.#at(to);
    return new Connection({
      to,
      lookup: this.#lookup,
      session: place.session,
      onSession: (session) => {
        place.session = session;
      },
      onFree: (connection, kept) => keep(place, connection, kept),
      onGone: (connection, stood) => {
        if (!stood) place.session = undefined; // it may be why
        const at = place.idle.indexOf(connection);
        if (at >= 0) place.idle.splice(at, 1);
      },
    });
  }

  /** Ends those that nobody uses. */
  close(): void {
    for (const { idle } of this.#places.values()) {
      for (const connection of [...idle]) connection.destroy();
    }
  }

  #at({ origin }: Destination): Place {
    const place = this.#places.get(origin) ?? { idle: [], session: undefined };
    this.#places.set(origin, place);
    return place;
  }
}

function keep({ idle }: Place, connection: Connection, { seconds }: Kept): void {
  const ms = seconds === null ? idleMs : Math.min(idleMs, seconds * 1_000 - aheadMs);
  if (ms > 0) {
    connection.rest(ms);
    if (idle.push(connection) > idleMax) idle[0]?.destroy();
  } else connection.destroy();
}
