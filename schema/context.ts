import type { Market } from '#catalog';
import type { Completions } from '#completions';
import type { Identity, Principal } from '#identity';
import type { Clock, Price } from '#kernel';
import type { Router } from '#routing';
import type { Storage } from '#storage';
import type { CatalogDoor, CreditsDoor } from './doors.ts';

/** What every resolver is given: the rooms, who asks, and the life of the operation. */
export interface Context {
  readonly rooms: Rooms;
  readonly principal: Principal;
  /** Stands in every error and in the header X-Request-Id, so that a report finds its log lines. */
  readonly requestId: string;
  /**
   * Aborts when the caller ends the operation; with a `ConnectionLost` as its reason when the connection went away
   * without a word.
   */
  readonly signal: AbortSignal;
  /** The id that a graphql-ws client gave its operation; null over HTTP. */
  readonly operationId: string | null;
  /** What an SSE client saw last, as `<completionId>:<sequence>`. */
  readonly lastEventId: string | null;
}

/** The doors that resolvers knock at, and nothing else of the machine. */
export interface Rooms {
  readonly clock: Clock;
  readonly platform: PlatformFacts;
  /** Tables are read through it, each query beginning with what the principal may see; nothing is written. */
  readonly storage: Pick<Storage, 'prisma'>;
  /** The market as it stands now. One object is immutable, so an operation may keep it. */
  market(): Market;
  readonly catalog: CatalogDoor;
  readonly identity: Identity;
  readonly credits: CreditsDoor;
  readonly router: Pick<Router, 'plan' | 'status'>;
  readonly completions: Completions;
}

export interface PlatformFacts {
  readonly name: string;
  readonly version: string;
  readonly feeRate: Price;
  readonly publicTrafficFloor: number;
}
