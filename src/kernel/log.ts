import type { Writable } from 'node:stream';
import { pino } from 'pino';
import { Fault } from './fault.ts';

export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/**
 * Everything that a log line can carry. The list is closed on purpose: there is no field for a
 * prompt, an answer, a header or a body, so none can be printed. What could hold a secret by
 * accident (texts of others) is scrubbed.
 */
export interface LogFields {
  room?: string;
  requestId?: string;
  completion?: string;
  organization?: string;
  apiKey?: string;
  session?: string;
  model?: string;
  provider?: string;
  endpoint?: string;
  attempt?: number;
  code?: string;
  status?: number;
  count?: number;
  durationMs?: number;
  address?: string;
  method?: string;
  path?: string;
  topic?: string;
  migration?: string;
  invariant?: string;
  /** What somebody else said, cut and scrubbed. */
  reason?: string;
  error?: unknown;
}

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

function printable(fields: LogFields): Record<string, unknown> {
  const line: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    line[name] = name === 'error' ? describe(value) : scrubbed(value);
  }
  return line;
}

const scrubbed = (value: unknown) => (typeof value === 'string' ? scrub(value) : value);

function describe(thrown: unknown): Record<string, unknown> {
  if (!(thrown instanceof Error)) return { message: scrub(String(thrown)) };
  const { name, message, stack, cause } = thrown;
  return {
    name,
    ...(thrown instanceof Fault ? { code: thrown.code } : {}),
    message: scrub(message),
    stack: stack ? scrub(stack) : undefined,
    ...(cause === undefined ? {} : { cause: describe(cause) }),
  };
}

/** What a credential looks like, ours and the providers' alike. */
const secrets: readonly [RegExp, string][] = [
  [/\b(sk|pk|rk|whsec|ghp|gsk|xai|AIza|key)[-_][A-Za-z0-9_-]{12,}/g, '$1-[secret]'],
  [/\b(Bearer|Basic)\s+[^\s"',;]+/gi, '$1 [secret]'],
  [/([?&](?:key|token|api_key|secret|password)=)[^&\s"']+/gi, '$1[secret]'],
  [/(\w+:\/\/[^\s:/@]+):[^\s@/]+@/g, '$1:[secret]@'],
  [/\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/g, '[secret]'],
];

const textMax = 2_000;

/**
 * Masks what looks like a credential and cuts what is long. Also for provider texts on their way to
 * a caller.
 */
export function scrub(text: string): string {
  const short = text.length > textMax ? `${text.slice(0, textMax)}…` : text;
  return secrets.reduce((clean, [pattern, mask]) => clean.replace(pattern, mask), short);
}

async function prettyStream(out: Writable): Promise<Writable> {
  const { default: pretty } = await import('pino-pretty');
  const stream = pretty({
    colorize: true,
    translateTime: 'HH:MM:ss.l',
    ignore: 'room',
    messageFormat: '{if room}{room}: {end}{msg}',
  });
  stream.pipe(out);
  return stream as unknown as Writable; // pino-pretty types its transform as a bare stream
}
