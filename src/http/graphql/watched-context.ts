import type { Context, Rooms } from '#schema';

/**
 * The context of an operation, with what its resolvers looked at. Whether an answer is the same for
 * everybody and for the length of a catalog version is not declared field by field, where one would
 * be forgotten, but seen: a resolver that takes anything else of its context has said so by that.
 */
export class WatchedContext implements Context {
  readonly rooms: Rooms;
  readonly delivering?: (eventId: string) => void;
  readonly #context: Context;
  #other = false;

  constructor(context: Context) {
    this.#context = context;
    this.rooms = new WatchedRooms(context.rooms, (value) => this.#look(value));
    if (context.delivering) this.delivering = context.delivering;
  }

  /** Nobody's credentials, no clock and no room but the catalog were needed so far. */
  get ofCatalogAlone() {
    return !this.#other;
  }

  get requestId() {
    return this.#context.requestId;
  }
  get signal() {
    return this.#context.signal;
  }
  get operationId() {
    return this.#context.operationId;
  }
  get readOnly() {
    return this.#context.readOnly;
  }
  get principal() {
    return this.#look(this.#context.principal);
  }
  get limits() {
    return this.#look(this.#context.limits);
  }
  get lastEventId() {
    return this.#look(this.#context.lastEventId);
  }

  #look<Value>(value: Value): Value {
    this.#other = true;
    return value;
  }
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
