import type { Bus } from '#bus';
import type { Credits, CreditsOptions } from '#credits';

/** What this node saw of the database, told to the others. */
export function sayOn(bus: Bus): CreditsOptions['say'] {
  return ({ change, ...said }) => bus.publish('heartbeat', { ...said, change: String(change) });
}

/** What the others saw, told to this node. */
export function hearOthers(bus: Bus, credits: Credits): void {
  bus.subscribe('heartbeat', ({ change, ...said }) => {
    credits.heard({ ...said, change: BigInt(change) });
  });
}
