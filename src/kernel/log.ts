import type { Writable } from 'node:stream';
import { pino } from 'pino';
import { Fault } from './fault.ts';
import { scrub } from './scrub.ts';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const textFields = [
  'address',
  'apiKey',
  'completion',
  'endpoint',
  'migration',
  'organization',
  'path',
  'provider',
  'providerKey',
  'purchase',
  'reason',
  'requestId',
  'session',
  'topic',
] as const;
const numberFields = ['count', 'status'] as const;

/**
 * Everything that a log line can carry. The list is closed on purpose: there is no field for a
 * prompt, an answer, a header or a body, so none can be printed. What could hold a secret by
 * accident (texts of others) is scrubbed.
 */
export type LogFields = { [Name in (typeof textFields)[number]]?: string } & {
  [Name in (typeof numberFields)[number]]?: number;
} & { error?: unknown };

export interface Log {
  error(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  debug(message: string, fields?: LogFields): void;
  /** A log whose lines all carry these fields. */
  with(fields: LogFields): Log;
}

const levels = ['error', 'warn', 'info', 'debug'] as const;

/**
 * JSON lines; readable ones when `pretty` (a terminal). The log goes to standard error: the notice
 * owns standard output.
 */
export async function openLog(options: {
  level: LogLevel;
  pretty?: boolean;
  destination?: Writable;
}): Promise<Log> {
  const out = options.destination ?? process.stderr;
  const stream = options.pretty ? await prettyStream(out) : out;
  const settings = { level: options.level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return wrap(pino(settings, stream), {});
}

/** Says nothing: for tests that do not look at the log. */
export const silentLog: Log = {
  error() {},
  warn() {},
  info() {},
  debug() {},
  with: () => silentLog,
};

function wrap(sink: pino.Logger, base: LogFields): Log {
  const write =
    (level: (typeof levels)[number]) =>
    (message: string, fields: LogFields = {}) => {
      if (sink.isLevelEnabled(level))
        sink[level](printable({ ...base, ...fields }), scrub(message));
    };
  return {
    error: write('error'),
    warn: write('warn'),
    info: write('info'),
    debug: write('debug'),
    with: (fields) => wrap(sink, { ...base, ...fields }),
  };
}

/** For code that goes around the types. */
const fieldNames: ReadonlySet<string> = new Set([...textFields, ...numberFields, 'error']);

function printable(fields: LogFields): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (!fieldNames.has(name) || value === undefined) continue;
    if (name === 'error') line[name] = describe(value, causesMax);
    else if (typeof value === 'number') line[name] = value;
    else line[name] = scrub(String(value));
  }
  return line;
}

/** An error may be its own cause, by a detour. */
const causesMax = 5;

function describe(thrown: unknown, causesLeft: number): Record<string, unknown> {
  if (!(thrown instanceof Error)) return { message: scrub(String(thrown)) };
  const { name, message, stack, cause } = thrown;
  const isLast = cause === undefined || causesLeft === 0;
  return {
    name,
    ...(thrown instanceof Fault ? { code: thrown.code } : {}),
    message: scrub(message),
    stack: stack ? scrub(stack) : undefined,
    ...(isLast ? {} : { cause: describe(cause, causesLeft - 1) }),
  };
}

async function prettyStream(out: Writable): Promise<Writable> {
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    colorize: true,
    translateTime: 'HH:MM:ss.l',
    destination: out,
  });
}
