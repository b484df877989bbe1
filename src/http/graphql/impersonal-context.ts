import type { Context, Rooms } from '#schema';

/** The context of an execution, and whether it has shown anything of who asks. */
export interface ImpersonalContext {
  readonly context: Context;
  /** Something was looked at that is not the same for everybody. */
  readonly personal: boolean;
}

/** Rooms that say the same to everybody. */
const shownToAll: ReadonlySet<keyof Rooms> = new Set([
  ...(['clock', 'platform', 'site', 'catalog', 'metrics', 'router'] as const),
]);

/**
 * Whether a result may be given to others is not declared but seen, as for kept answers: a resolver
 * that takes a credential, a signal or a room that knows people has said by that that it may not.
 */
export function impersonal(context: Context): ImpersonalContext {
  let personal = false;
  const rooms = new Proxy(context.rooms, {
    get(target, name) {
      if (!shownToAll.has(name as keyof Rooms)) personal = true;
      return Reflect.get(target, name, target);
    },
  });
  return {
    context: new Proxy(context, {
      get(target, name) {
        if (name === 'rooms') return rooms;
        personal = true;
        return Reflect.get(target, name, target);
      },
    }),
    get personal() {
      return personal;
    },
  };
}
