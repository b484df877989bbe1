import { type Flow, handedOver, type Take } from '#kernel';

/** What one of several streams gave. */
export interface Laned<Value> {
  /** Which one, from 0. */
  readonly lane: number;
  readonly value: Value;
}

/**
 * Several streams as one, in the order in which they give. Whoever does not take what one of them
 * gave is given no more by any: a slow reader holds one value of each, and a stream that stalls
 * holds nobody up. Ends after all of them, or with the first that fails.
 */
export function merged<Value>(lanes: readonly Promise<Flow<Value>>[]): Flow<Laned<Value>> {
  return handedOver(async (take) => {
    const inTurn = oneAfterAnother(take);
    const handing = lanes.map(async (starting, lane) =>
      (await starting).each((value) => inTurn({ lane, value })),
    );
    await Promise.all(handing);
  });
}

/** The same, for several who hand over and know nothing of each other. */
function oneAfterAnother<Value>(take: Take<Value>): Take<Value> {
  let before: Promise<void> | null = null;
  return function next(value): Promise<void> | void {
    if (before) return before.then(() => next(value));
    const taking = take(value);
    if (!taking) return;
    before = taking.finally(() => {
      before = null;
    });
    return before;
  };
}
