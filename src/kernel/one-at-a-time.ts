/**
 * Makes `run` serial: calls while it runs share the one run that begins when it has ended, so each
 * caller gets a run that began after its call, and any number of calls costs at most two.
 */
export function oneAtATime<T>(run: () => Promise<T>): () => Promise<T> {
  let current: Promise<unknown> = Promise.resolve();
  let next: Promise<T> | null = null;
  return () => {
    next ??= current.then(begin, begin);
    return next;
  };
  function begin(): Promise<T> {
    const started = run();
    current = started;
    next = null;
    return started;
  }
}
