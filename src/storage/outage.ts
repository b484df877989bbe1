import { Fault } from '#kernel';

/**
 * True when the database did not answer, as opposed to having answered with an error: nothing is
 * known about whether the statement took effect. SQLSTATE classes 08 (connection) and 57P (the
 * operator stopped it), 53300 (no connection left); everything without a SQLSTATE comes from the
 * socket or from the driver's own time-outs.
 */
export function isOutage(thrown: unknown): boolean {
  for (let error = thrown; error instanceof Error; error = error.cause) {
    const code = 'code' in error ? error.code : undefined;
    if (typeof code === 'string' && outageCode.test(code)) return true;
    if (outageMessage.test(error.message)) return true;
  }
  return false;
}

/** What Prisma calls not reached, timed out, closed by the server, no free connection. */
const prismaCodes = ['P1001', 'P1002', 'P1008', 'P1017', 'P2024'];
const socketCodes = ['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ENOTFOUND', 'ETIMEDOUT'];
const routeCodes = ['EHOSTUNREACH', 'ENETUNREACH', 'EAI_AGAIN'];
const outageCode = new RegExp(
  `^(08...|57P..|53300|${[...prismaCodes, ...socketCodes, ...routeCodes].join('|')})$`,
);

/** What the driver says without a code. */
const messages = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'Query read timeout',
  'Client has encountered a connection error',
  'The server closed the connection',
];
const outageMessage = new RegExp(`^(${messages.join('|')})`);

/** What `thrown` means to a caller: a retryable UNAVAILABLE for an outage, else itself. */
export function asFault(thrown: unknown): unknown {
  if (thrown instanceof Fault || !isOutage(thrown)) return thrown;
  return new Fault('UNAVAILABLE', {
    public: 'The database does not answer. Try again shortly.',
    internal: thrown instanceof Error ? thrown.message : String(thrown),
    cause: thrown,
  });
}
