import { addressHeader, type PeopleOptions } from './people-options.ts';

type Guarding = Pick<PeopleOptions, 'guesses' | 'log'>;
type Answer = (request: Request) => Promise<Response>;

/**
 * Lets a request through to what tells of accounts, unless too many came before it: wrong
 * passwords by address, by account and by both; sign-ups and letters by address. Whether the
 * account exists makes no difference.
 */
export async function guarded(
  request: Request,
  { guesses, log }: Guarding,
  answer: Answer,
): Promise<Response> {
  const address = request.headers.get(addressHeader) ?? 'unknown';
  if (!request.url.includes('/sign-in/')) {
    const waitMs = await guesses.take('letters', address);
    return waitMs === null ? answer(request) : tooMany(waitMs);
  }
  const account = await accountIn(request);
  const counts = [
    ['password', `${address} ${account}`],
    ['address', address],
    ['account', account],
  ] as const;
  const waits = await Promise.all(counts.map(([guess, who]) => guesses.take(guess, who)));
  const waitMs = Math.max(...waits.map((wait) => wait ?? 0));
  if (waitMs > 0) return tooMany(waitMs);
  const response = await answer(request);
  if (response.ok) await Promise.all(counts.map(([guess, who]) => guesses.giveBack(guess, who)));
  else log.info('a sign-in was refused', { address, status: response.status });
  return response;
}

/** Of the body as it will be read; what has no such field is counted under one name. */
async function accountIn(request: Request): Promise<string> {
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => null);
  const given = body && typeof body === 'object' && 'email' in body ? body.email : null;
  return typeof given === 'string' ? given.slice(0, 254).toLowerCase() : 'nobody';
}

function tooMany(waitMs: number): Response {
  const seconds = Math.ceil(waitMs / 1_000);
  const message = `Too many attempts. Try again in ${seconds} s.`;
  return Response.json(
    { code: 'RATE_LIMITED', message },
    { status: 429, headers: { 'Retry-After': String(seconds) } },
  );
}
