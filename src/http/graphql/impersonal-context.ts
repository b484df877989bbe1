import type { Context, Rooms } from '#schema';

/** Rooms that say the same to everybody. */
const shownToAll: ReadonlySet<keyof Rooms> = new Set([
  ...(['clock', 'platform', 'site', 'catalog', 'metrics', 'router'] as const),
]);

/**
 * The context of an execution, and whether it has shown anything of who asks. Whether a result may
 * be given to others is not declared but seen, as for kept answers: a resolver that takes a
 * credential, a signal or a room that knows people has said by that that it may not.
 */
export class ImpersonalContext {
  readonly context: Context;
  #personal = false;

  constructor(context: Context) {
    const rooms = new Proxy(context.rooms, {
      get: (target, name) => {
        if (!shownToAll.has(name as keyof Rooms)) this.#personal = true;
        return Reflect.get(target, name, target);
      },
    });
    this.context = new Proxy(context, {
      get: (target, name) => {
        if (name === 'rooms') return rooms;
        this.#personal = true;
        return Reflect.get(target, name, target);
      },
    });
  }

  /** Something was looked at that is not the same for everybody. */
  get personal(): boolean {
    return this.#personal;
  }
}
