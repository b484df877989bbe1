import { shortened } from './shortened.ts';

/**
 * Every expected failure. Three readers, three texts: a code for programs, a public sentence for
 * callers (what was wrong, what would be right), an internal text for operators. The public
 * sentence never holds a secret, a prompt or another tenant's data; the internal one may hold what
 * a log may hold.
 */
export type FaultCode =
  | 'INVALID_INPUT'
  | 'UNAUTHENTICATED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'CONFLICT'
  | 'LIMIT_EXCEEDED'
  | 'INSUFFICIENT_CREDITS'
  | 'MODEL_NOT_FOUND'
  | 'NO_ENDPOINT_AVAILABLE'
  | 'RATE_LIMITED'
  | 'POLICY_VIOLATION'
  | 'UPSTREAM_FAILED'
  | 'UPSTREAM_TIMEOUT'
  | 'CONTEXT_LENGTH_EXCEEDED'
  | 'CANCELLED'
  | 'UNAVAILABLE'
  | 'INTERNAL'
  | 'RESUME_EXPIRED'
  | 'CONTENT_FILTERED';

export interface FaultTexts {
  /** For the caller: what was wrong and what would be right. A long one loses its middle. */
  public: string;
  /** For operators. */
  internal?: string;
  /** When the same request may succeed, in milliseconds; implies `retryable`. */
  retryAfterMs?: number;
  /** Default: by code. */
  retryable?: boolean;
  cause?: unknown;
}

/** Codes for which the same request may succeed later without a change. */
const retryableCodes: ReadonlySet<FaultCode> = new Set([
  'RATE_LIMITED',
  'UPSTREAM_FAILED',
  'UPSTREAM_TIMEOUT',
  'UNAVAILABLE',
  'INTERNAL',
  'NO_ENDPOINT_AVAILABLE',
]);

export class Fault extends Error {
  override readonly name: string = 'Fault';
  readonly code: FaultCode;
  readonly public: string;
  readonly internal: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly retryable: boolean;

  constructor(code: FaultCode, texts: FaultTexts) {
    super(texts.internal ?? texts.public, { cause: texts.cause });
    this.code = code;
    this.public = shortened(texts.public);
    this.internal = texts.internal;
    this.retryAfterMs = texts.retryAfterMs;
    this.retryable =
      texts.retryable ?? (texts.retryAfterMs !== undefined || retryableCodes.has(code));
  }

  /**
   * What was thrown as a Fault: itself, or INTERNAL with the original as its cause and nothing of
   * it in public.
   */
  static from(thrown: unknown): Fault {
    if (thrown instanceof Fault) return thrown;
    return new Fault('INTERNAL', {
      public: 'Something failed on our side. Nothing was charged for it; try again.',
      internal: thrown instanceof Error ? thrown.message : String(thrown),
      cause: thrown,
    });
  }
}

/** One thing that is wrong with an input. */
export interface InputIssue {
  /** Path in the input, as `input.messages.0.content`. */
  path: string;
  message: string;
  /** What would be accepted. */
  accepted?: string;
}

/** More of what is wrong helps nobody, and a list of a million would be answered in full. */
export const issuesMax = 100;

/** Bad input: every issue with its path, so that a client can mark all fields at once. */
export class InvalidInput extends Fault {
  override readonly name = 'InvalidInput';
  readonly issues: readonly InputIssue[];

  constructor(issues: readonly InputIssue[]) {
    const told = issues.slice(0, issuesMax);
    super('INVALID_INPUT', { public: told.map(sentence).join(' ') || 'The input is invalid.' });
    this.issues = told;
  }

  static at(path: string, message: string, accepted?: string): InvalidInput {
    return new InvalidInput([{ path, message, ...(accepted === undefined ? {} : { accepted }) }]);
  }
}

function sentence({ path, message, accepted }: InputIssue): string {
  return `${path}: ${message}${accepted ? ` Accepted: ${accepted}.` : ''}`;
}
