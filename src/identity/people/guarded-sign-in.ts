import { addressHeader, type PeopleOptions } from './people-options.ts';

type Guarding = Pick<PeopleOptions, 'guesses' | 'log'> & {
  /** The address of the account whose session a Cookie header carries; null without one. */
  readonly accountOf: (cookie: string) => Promise<string | null>;
};
type Answer = (request: Request) => Promise<Response>;

/** What tells whether a password is right: of the account that is named, or of the session's. */
const guessed = /^\/auth\/(?:sign-in\/email|verify-password|change-password)$/;
const ofSession = /^\/auth\/(?:verify-password|change-password)$/;
/** What makes an account or a letter. */
const mailed = /^\/auth\/(?:sign-up\/email|request-password-reset|send-verification-email)$/;

/**
 * Lets a request through to what tells of accounts, unless too many came before it: wrong
 * passwords by address, by account and by both; sign-ups and letters by address, and by whom they
 * go to. Whether the account exists makes no difference.
 */
export async function guarded(
  request: Request,
  guarding: Guarding,
  answer: Answer,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (mailed.test(pathname)) return guardedLetter(request, guarding, answer);
  return guessed.test(pathname) ? guardedPassword(request, guarding, answer) : answer(request);
}

const addressOf = (request: Request) => request.headers.get(addressHeader) ?? 'unknown';

async function guardedLetter(request: Request, { guesses }: Guarding, answer: Answer) {
  const account = await accountIn(request);
  const waits = await Promise.all([
    guesses.take('letters', addressOf(request)),
    guesses.take('letter', account),
  ]);
  const waitMs = Math.max(...waits.map((wait) => wait ?? 0));
  return waitMs > 0 ? tooMany(waitMs) : answer(request);
}

async function guardedPassword(request: Request, guarding: Guarding, answer: Answer) {
  const { guesses, log, accountOf } = guarding;
  const address = addressOf(request);
  const account = ofSession.test(new URL(request.url).pathname)
    ? await accountOf(request.headers.get('cookie') ?? '')
    : await accountIn(request);
  const counts = [
    ['password', `${address} ${account ?? nobody}`],
    ['address', address],
    ['account', account ?? nobody],
  ] as const;
  const waits = await Promise.all(counts.map(([guess, who]) => guesses.take(guess, who)));
  const waitMs = Math.max(...waits.map((wait) => wait ?? 0));
  if (waitMs > 0) return tooMany(waitMs);
  const response = await answer(request);
  if (response.ok) await Promise.all(counts.map(([guess, who]) => guesses.giveBack(guess, who)));
  else log.info('a sign-in was refused', { address, status: response.status });
  return response;
}

/** What names no account is counted under one name. */
const nobody = 'nobody';

/** Of the body as it will be read. */
async function accountIn(request: Request): Promise<string> {
  const body: unknown = await request
    .clone()
    .json()
    .catch(() => null);
  const given = body && typeof body === 'object' && 'email' in body ? body.email : null;
  return typeof given === 'string' ? given.slice(0, 254).toLowerCase() : nobody;
}

function tooMany(waitMs: number): Response {
  const seconds = Math.ceil(waitMs / 1_000);
  const message = `Too many attempts. Try again in ${seconds} s.`;
  return Response.json(
    { code: 'RATE_LIMITED', message },
    { status: 429, headers: { 'Retry-After': String(seconds) } },
  );
}
