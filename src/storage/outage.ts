import { Fault } from '#kernel';

/**
 * True when the database did not answer, as opposed to having answered with an error: nothing is
 * known about whether the statement took effect. SQLSTATE classes 08 (connection) and 57P (the
 * operator stopped it), 53300 (no connection left), 55000 (it takes no connections); everything
 * without a SQLSTATE comes from the socket or from the driver's own time-outs.
 */
export function isOutage(thrown: unknown): boolean {
  return errorsIn(thrown).some(
    (error) => codesOf(error).some((code) => outageCode.test(code)) || silent.test(error.message),
  );
}

/** What Prisma calls not reached, timed out, closed by the server, no free connection. */
const prismaCodes = ['P1001', 'P1002', 'P1008', 'P1017', 'P2024'];
const socketCodes = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT'];
const routeCodes = ['EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'];
const outageCode = new RegExp(
  `^(08...|57P..|53300|55000|${[...prismaCodes, ...socketCodes, ...routeCodes].join('|')})$`,
);

/** What the driver says without a code. */
const messages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'Client has encountered a connection error',
  'The server closed the connection',
];
const silent = new RegExp(`^(${messages.join('|')})`);

/**
 * True when the database answered that it cannot now, and nothing took effect: it takes no writes
 * (a replica, 25006), its disk or memory is full (53), its files fail (58), the statement took too
 * long or was ended (57014), it waited for others in vain (55P03, 40), or, as Prisma says, its
 * transaction got no turn (P2028).
 */
const isIncapable = (thrown: unknown): boolean =>
  errorsIn(thrown).some((error) => codesOf(error).some((code) => incapableCode.test(code)));

const incapableCode = /^(25006|53...|58...|57014|55P03|40...|P2028|P2034)$/;

/** True when a statement was ended because somebody else had what it needed for too long. */
export const isLockTimeout = (thrown: unknown): boolean =>
  errorsIn(thrown).some((error) => codesOf(error).includes('55P03'));

/** What `thrown` means to a caller: a retryable UNAVAILABLE when it may pass, else itself. */
export function asFault(thrown: unknown): unknown {
  if (thrown instanceof Fault) return thrown;
  if (isOutage(thrown)) return unavailable('The database does not answer.', thrown);
  if (isIncapable(thrown)) return unavailable('The database cannot do this now.', thrown);
  return thrown;
}

const unavailable = (what: string, cause: unknown) =>
  new Fault('UNAVAILABLE', {
    public: `${what} Try again shortly.`,
    retryAfterMs: 1_000,
    internal: cause instanceof Error ? cause.message : String(cause),
    cause,
  });

/** An error, and what caused it. */
function errorsIn(thrown: unknown): readonly Error[] {
  return thrown instanceof Error ? [thrown, ...errorsIn(thrown.cause)] : [];
}

/** The driver's own code, or Prisma's and in its sentence the SQLSTATE. */
function codesOf(error: Error): readonly string[] {
  const own = 'code' in error && typeof error.code === 'string' ? [error.code] : [];
  const told = /Code: `(\w+)`/.exec(error.message)?.[1];
  return told ? [...own, told] : own;
}
