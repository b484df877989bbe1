/** SQLSTATE deadlock_detected: PostgreSQL ended this statement so that another one could go on. */
const deadlockDetected = '40P01';
const triesMax = 3;

/** Runs a statement that is a transaction by itself, again when it was the victim of a deadlock. */
export async function pastDeadlocks<Result>(run: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await run();
    } catch (thrown) {
      if (tries === triesMax || !isDeadlock(thrown)) throw thrown;
    }
  }
}

const isDeadlock = (thrown: unknown) =>
  thrown instanceof Error && 'code' in thrown && thrown.code === deadlockDetected;
