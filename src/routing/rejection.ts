import type { Endpoint, Model } from '#catalog';
import { Fault, type FaultCode } from '#kernel';

export type RejectionCode =
  | 'NOT_CONFIGURED'
  | 'DISABLED'
  | 'DOWN'
  | 'TRIPPED'
  | 'RATE_LIMITED'
  | 'CONTEXT_LENGTH'
  | 'UNSUPPORTED_PARAMETER'
  | 'UNSUPPORTED_MODALITY'
  | 'QUANTIZATION'
  | 'PRICE_CEILING'
  | 'NOT_IN_ONLY'
  | 'IGNORED'
  | 'POLICY_MODEL'
  | 'POLICY_PROVIDER'
  | 'POLICY_TRAINING'
  | 'POLICY_RETENTION'
  | 'KEY_MODEL'
  | 'NO_PRICE'
  | 'FALLBACKS_OFF';

/** Why an endpoint is out. */
export interface Refusal {
  readonly code: RejectionCode;
  /**
   * What removed it: `input.provider.only`, `policy.allowTraining`, `apiKey.allowedModels`, …; null
   * for its own state.
   */
  readonly setting: string | null;
  /** A sentence that a person can act on. */
  readonly reason: string;
  /** When it may be in again, if that is known. */
  readonly retryAfterMs: number | null;
}

export interface Rejection extends Refusal {
  readonly endpoint: Endpoint;
}

/** Passes by itself. */
const passing: ReadonlySet<RejectionCode> = new Set(['DOWN', 'TRIPPED', 'RATE_LIMITED']);
/** Whether one of them may be in again by itself. */
export const anyPasses = (rejections: readonly Rejection[]): boolean =>
  rejections.some(({ code }) => passing.has(code));
/** Says nothing of the request: the platform does not offer the endpoint at present. */
const notOffered: ReadonlySet<RejectionCode> = new Set(['NOT_CONFIGURED', 'DISABLED']);

/** Every endpoint of the models asked for is out; says why for each. */
export class NoEndpointAvailable extends Fault {
  override readonly name = 'NoEndpointAvailable';
  /** The slugs of those asked for. */
  readonly models: readonly string[];
  readonly rejections: readonly Rejection[];

  constructor(models: readonly Named[], rejections: readonly Rejection[]) {
    const retryAfterMs = soonest(rejections);
    super(codeOf(rejections), {
      public: sentence(models, rejections),
      retryable: anyPasses(rejections),
      ...(retryAfterMs === null ? {} : { retryAfterMs }),
    });
    this.models = models.map(({ slug }) => slug);
    this.rejections = rejections;
  }
}

type Named = Pick<Model, 'slug'>;

/**
 * POLICY_VIOLATION when the organization's policy or the key removed every endpoint,
 * CONTEXT_LENGTH_EXCEEDED when each one that the platform can use is too short;
 * NO_ENDPOINT_AVAILABLE for all else.
 */
function codeOf(rejections: readonly Rejection[]): FaultCode {
  if (rejections.length > 0 && rejections.every(byRule)) return 'POLICY_VIOLATION';
  const offered = rejections.filter(({ code }) => !notOffered.has(code));
  const tooShort = offered.length > 0 && offered.every(({ code }) => code === 'CONTEXT_LENGTH');
  return tooShort ? 'CONTEXT_LENGTH_EXCEEDED' : 'NO_ENDPOINT_AVAILABLE';
}

const byRule = ({ setting }: Rejection) => /^(policy|apiKey)\./.test(setting ?? '');

function soonest(rejections: readonly Rejection[]): number | null {
  const waits = rejections.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
  return waits.length > 0 ? Math.min(...waits) : null;
}

/**
 * One clause a code: whoever has thirty endpoints out for one reason reads that reason once, and
 * how many more it is true of where it speaks of one of them.
 */
function sentence(models: readonly Named[], rejections: readonly Rejection[]): string {
  const names = models.map(({ slug }) => slug).join(', ');
  if (rejections.length === 0) return `No provider offers ${names} at present.`;
  const groups = Map.groupBy(rejections, ({ code }) => code);
  const clauses = [...groups.values()].map(([example, ...others]) => {
    const reason = example ? clauseOf(example) : '';
    if (others.every((other) => clauseOf(other) === reason)) return reason;
    const rest = others.length === 1 ? 'Another one is' : `${others.length} others are`;
    return `${reason} ${rest} out for the same cause.`;
  });
  return `No endpoint of ${names} can take this request. ${clauses.join(' ')}`;
}

/** A reason that says "it" stands beside its endpoint in a list; alone it needs a name. */
const clauseOf = ({ reason, endpoint }: Rejection) =>
  /^Its? /.test(reason) ? `${endpoint.provider.slug}: ${reason}` : reason;
