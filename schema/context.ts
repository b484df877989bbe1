import type { Catalog } from '#catalog';
import type { Completions } from '#completions';
import type { Billing } from '#credits';
import type { Identity, People, Principal, Site } from '#identity';
import type { Clock, Log, Price } from '#kernel';
import type { Limits, RequestLimit } from '#limits';
import type { Metrics } from '#metrics';
import type { ProviderKeys } from '#provider-keys';
import type { Router } from '#routing';
import type { Storage } from '#storage';
import type { CreditsDoor } from './doors.ts';

/** What every resolver is given: the rooms, who asks, and the life of the operation. */
export interface Context {
  readonly rooms: Rooms;
  readonly principal: Principal;
  /** Stands in every error and in the header X-Request-Id, so that a report finds its log lines. */
  readonly requestId: string;
  /**
   * Aborts when the caller ends the operation; with a `ConnectionLost` as its reason when the
   * connection went away without a word.
   */
  readonly signal: AbortSignal;
  /** The id that a graphql-ws client gave its operation; null over HTTP. */
  readonly operationId: string | null;
  /** What an SSE client saw last, as `<completionId>:<sequence>`. */
  readonly lastEventId: string | null;
  /** What the caller may still ask. */
  readonly limits: CallerLimits;
  /** By GET, which must start nothing that is billed. */
  readonly readOnly: boolean;
  /**
   * Told of every event that is about to be delivered, as `<completionId>:<sequence>`: SSE names
   * its events.
   */
  delivering?(eventId: string): void;
}

/** How a caller stands to what limits its operations. */
export interface CallerLimits {
  /** Points of document cost in a minute. */
  points(): RequestLimit;
  /** Operations on this socket; null over HTTP. */
  operations(): Pick<RequestLimit, 'limit' | 'remaining' | 'resetAt'> | null;
}

/** The doors that resolvers knock at, and nothing else of the machine. */
export interface Rooms {
  readonly clock: Clock;
  readonly log: Pick<Log, 'error'>;
  readonly platform: PlatformFacts;
  /**
   * Tables are read through it, each query beginning with what the principal may see; nothing is
   * written.
   */
  readonly storage: Pick<Storage, 'prisma'>;
  readonly catalog: Pick<Catalog, 'market' | 'administration' | 'history'>;
  readonly identity: Identity;
  readonly site: Site;
  readonly people: Pick<People, 'answer' | 'personOf' | 'watch'>;
  readonly credits: CreditsDoor;
  readonly limits: Limits;
  readonly metrics: Metrics;
  readonly billing: Billing;
  readonly router: Pick<Router, 'plan' | 'status'>;
  readonly completions: Completions;
  readonly providerKeys: ProviderKeys;
}

export interface PlatformFacts {
  readonly name: string;
  readonly version: string;
  readonly feeRate: Price;
  readonly publicTrafficFloor: number;
  /** Where clients reach this server: links that answers carry begin with it. */
  readonly publicUrl: string;
}
