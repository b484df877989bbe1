let due: (() => void)[] = [];

/**
 * Runs `step` behind all that the event loop reads in this turn, right after every other step that
 * was asked for in it. Under load a turn reads many sockets: what is done for them in a row finds
 * its code and data in the processor's caches, and its readers awake, so that none has to be woken
 * by the write. A step may not throw.
 */
export function atTurnEnd(step: () => void): void {
  if (due.push(step) === 1) setImmediate(runDue);
}

function runDue(): void {
  const steps = due;
  due = [];
  for (const step of steps) step();
}
