import type { Context, Rooms } from '#schema';

type RoomNames = ReadonlySet<keyof Rooms>;

/** Rooms that say the same to everybody until the catalog changes. */
export const ofCatalog: RoomNames = new Set<keyof Rooms>(['catalog', 'platform']);

/** Rooms that say the same to everybody at one moment. */
export const ofMoment: RoomNames = new Set<keyof Rooms>([
  ...(['catalog', 'platform', 'clock', 'site', 'metrics', 'router'] as const),
]);

/**
 * The context of an execution, with what its resolvers took of it. Whether others may be given the
 * result is not declared field by field, where one would be forgotten, but seen: a resolver that
 * takes anything of who asks, or a room that is not among `shared`, has said by that that they may
 * not.
 */
export class WatchedContext implements Context {
  readonly rooms: Rooms;
  readonly delivering?: (eventId: string) => void;
  readonly #context: Context;
  #shareable = true;

  constructor(context: Context, shared: RoomNames) {
    this.#context = context;
    this.rooms = new WatchedRooms(context.rooms, (name) => {
      if (!shared.has(name)) this.#shareable = false;
    });
    if (context.delivering) this.delivering = context.delivering;
  }

  /** Nothing was taken so far that is not the same for everybody. */
  get shareable(): boolean {
    return this.#shareable;
  }

  get requestId() {
    return this.#personal(this.#context.requestId);
  }
  get operationId() {
    return this.#personal(this.#context.operationId);
  }
  get signal() {
    return this.#context.signal;
  }
  get readOnly() {
    return this.#context.readOnly;
  }
  get principal() {
    return this.#personal(this.#context.principal);
  }
  get limits() {
    return this.#personal(this.#context.limits);
  }
  get lastEventId() {
    return this.#personal(this.#context.lastEventId);
  }

  #personal<Value>(value: Value): Value {
    this.#shareable = false;
    return value;
  }
}

class WatchedRooms implements Rooms {
  readonly #rooms: Rooms;
  readonly #look: (name: keyof Rooms) => void;

  constructor(rooms: Rooms, look: (name: keyof Rooms) => void) {
    this.#rooms = rooms;
    this.#look = look;
  }

  #taken<Name extends keyof Rooms>(name: Name): Rooms[Name] {
    this.#look(name);
    return this.#rooms[name];
  }

  get clock() {
    return this.#taken('clock');
  }
  get log() {
    return this.#taken('log');
  }
  get platform() {
    return this.#taken('platform');
  }
  get storage() {
    return this.#taken('storage');
  }
  get catalog() {
    return this.#taken('catalog');
  }
  get identity() {
    return this.#taken('identity');
  }
  get site() {
    return this.#taken('site');
  }
  get people() {
    return this.#taken('people');
  }
  get credits() {
    return this.#taken('credits');
  }
  get limits() {
    return this.#taken('limits');
  }
  get metrics() {
    return this.#taken('metrics');
  }
  get billing() {
    return this.#taken('billing');
  }
  get router() {
    return this.#taken('router');
  }
  get completions() {
    return this.#taken('completions');
  }
  get providerKeys() {
    return this.#taken('providerKeys');
  }
}
