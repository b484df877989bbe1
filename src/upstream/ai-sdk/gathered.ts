import type { Clock } from '#kernel';

/**
 * What comes of `source`, together what comes within a window, which begins with the first of it.
 * It is as long as `windowMs` says then, and over as soon as that says 0. What came before a
 * failure is given before the failure is thrown.
 */
export async function* gathered<Event>(
  source: AsyncIterator<readonly Event[], unknown>,
  clock: Clock,
  windowMs: () => number,
): AsyncGenerator<readonly Event[], void, undefined> {
  let coming = pull(source);
  for (let first = await coming; !first.done; first = await coming) {
    const events = [...first.value];
    coming = pull(source);
    const over = Promise.withResolvers<null>();
    const ms = windowMs();
    const timer = ms > 0 ? clock.after(ms, () => over.resolve(null)) : null;
    while (timer && windowMs() > 0) {
      const more = await Promise.race([over.promise, coming.catch(() => null)]);
      if (!more || more.done) break;
      events.push(...more.value);
      coming = pull(source);
    }
    timer?.cancel();
    yield events;
  }
}

function pull<Event>(source: AsyncIterator<readonly Event[], unknown>) {
  const coming = source.next();
  coming.catch(() => {}); // thrown to whoever waits for it
  return coming;
}
