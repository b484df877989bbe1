import { type Clock, sleep } from '#kernel';
import { accountId } from '../leases/lease.ts';

export interface Recalling {
  readonly clock: Clock;
  /** Tells every node that what it has free of this account is missed. */
  readonly recall: (account: string) => void;
}

const recalls = 10;
/** 1.2 s in all, the first tries close together. */
const recallMs = (before: number) => 30 + before * 20;

/**
 * Takes credits that may have to come back from the nodes' leases first. `take` answers null as
 * long as it got none; so does this when they did not come.
 */
export async function recalling<T>(
  { clock, recall }: Recalling,
  organizationId: string,
  take: () => Promise<T | null>,
): Promise<T | null> {
  for (let recalled = 0; recalled < recalls; recalled++) {
    const taken = await take();
    if (taken !== null) return taken;
    recall(accountId(organizationId));
    await sleep(clock, recallMs(recalled));
  }
  return null;
}
