import type { Context, Rooms } from '#schema';

/** The context of an operation, with what its resolvers looked at. */
export interface WatchedContext extends Context {
  /** Nobody's credentials, no clock and no room but the catalog were needed so far. */
  readonly ofCatalogAlone: boolean;
}

/**
 * Whether an answer is the same for everybody and for the length of a catalog version is not
 * declared field by field, where one would be forgotten, but seen: a resolver that takes anything
 * else of its context has said so by that.
 */
export function watched(context: Context): WatchedContext {
  let other = false;
  const look = <Value>(value: Value): Value => {
    other = true;
    return value;
  };
  return {
    ...context,
    rooms: new WatchedRooms(context.rooms, look),
    get principal() {
      return look(context.principal);
    },
    get limits() {
      return look(context.limits);
    },
    get lastEventId() {
      return look(context.lastEventId);
    },
    get ofCatalogAlone() {
      return !other;
    },
  };
}

class WatchedRooms implements Rooms {
  readonly #rooms: Rooms;
  readonly #look: <Value>(value: Value) => Value;

  constructor(rooms: Rooms, look: <Value>(value: Value) => Value) {
    this.#rooms = rooms;
    this.#look = look;
  }

  get catalog() {
    return this.#rooms.catalog;
  }
  get platform() {
    return this.#rooms.platform;
  }
  get clock() {
    return this.#look(this.#rooms.clock);
  }
  get storage() {
    return this.#look(this.#rooms.storage);
  }
  get identity() {
    return this.#look(this.#rooms.identity);
  }
  get people() {
    return this.#look(this.#rooms.people);
  }
  get site() {
    return this.#look(this.#rooms.site);
  }
  get credits() {
    return this.#look(this.#rooms.credits);
  }
  get billing() {
    return this.#look(this.#rooms.billing);
  }
  get limits() {
    return this.#look(this.#rooms.limits);
  }
  get metrics() {
    return this.#look(this.#rooms.metrics);
  }
  get router() {
    return this.#look(this.#rooms.router);
  }
  get providerKeys() {
    return this.#look(this.#rooms.providerKeys);
  }
  get completions() {
    return this.#look(this.#rooms.completions);
  }
}
