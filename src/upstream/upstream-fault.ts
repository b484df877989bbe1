import { Fault, type FaultCode } from '#kernel';

/** What went wrong, finely enough to decide what to do next. */
export type UpstreamFailure =
  | 'CONNECT'
  | 'TLS'
  | 'CONNECT_TIMEOUT'
  | 'FIRST_CONTENT_TIMEOUT'
  | 'IDLE_TIMEOUT'
  | 'TOTAL_TIMEOUT'
  | 'STATUS'
  | 'RATE_LIMITED'
  | 'OVERLOADED'
  | 'CREDENTIAL'
  | 'UNKNOWN_MODEL'
  | 'CALLER'
  | 'UNSAID'
  | 'CONTEXT_LENGTH'
  | 'CONTENT_POLICY'
  | 'CONTENT_TYPE'
  | 'MALFORMED'
  | 'EXCESS'
  | 'CUT'
  | 'MODEL_ERRED'
  | 'ERROR_IN_BODY';

export interface UpstreamFaultDetail {
  readonly failure: UpstreamFailure;
  readonly httpStatus?: number;
  /** The provider's own words: scrubbed, cut to 500 characters, safe to show. */
  readonly providerMessage?: string;
  readonly retryAfterMs?: number;
  /** What the caller can do about it, where that is more than what is usual. */
  readonly advice?: string;
  /** Whoever sends the same request again meets it again. */
  readonly lasting?: true;
  readonly cause?: unknown;
}

/** Why an attempt failed. Whether content had been delivered is the caller's to know. */
export class UpstreamFault extends Fault {
  override readonly name = 'UpstreamFault';
  readonly #detail: UpstreamFaultDetail;
  readonly #who: readonly [provider: string, ownKey: boolean];

  /** `provider` is whom the sentence names, `ownKey` whether it was asked with the caller's own. */
  constructor(detail: UpstreamFaultDetail, provider = 'The provider', ownKey = false) {
    super(codes[detail.failure], {
      public: sentenceOf(detail, provider, ownKey),
      internal: `upstream ${detail.failure} ${detail.httpStatus ?? ''}`.trim(),
      ...(detail.retryAfterMs === undefined ? {} : { retryAfterMs: detail.retryAfterMs }),
      ...(detail.lasting ? { retryable: false } : {}),
      cause: detail.cause,
    });
    this.#detail = detail;
    this.#who = [provider, ownKey];
  }

  get failure(): UpstreamFailure {
    return this.#detail.failure;
  }

  get httpStatus(): number | undefined {
    return this.#detail.httpStatus;
  }

  get providerMessage(): string | undefined {
    return this.#detail.providerMessage;
  }

  /**
   * The request itself was at fault: no breaker counts it, and no other endpoint is tried for it,
   * save those with a larger context, and those whose protocol may have words for it (`UNSAID`).
   */
  get callersFault(): boolean {
    return ['CALLER', 'UNSAID', 'CONTEXT_LENGTH', 'CONTENT_POLICY'].includes(this.failure);
  }

  /** Somebody has to mend it, the operator or the key's owner, before this endpoint can answer. */
  get needsMending(): boolean {
    return this.failure === 'CREDENTIAL' || this.failure === 'UNKNOWN_MODEL';
  }

  /** The same fault, in a sentence that names the provider. */
  of(provider: string, ownKey = false): UpstreamFault {
    return new UpstreamFault(this.#detail, provider, ownKey);
  }

  /** The same fault, which nobody is to repeat the request for. */
  asLasting(): UpstreamFault {
    return new UpstreamFault({ ...this.#detail, lasting: true }, ...this.#who);
  }

  /** The same fault with this advice. */
  advising(advice: string): UpstreamFault {
    return new UpstreamFault({ ...this.#detail, advice }, ...this.#who);
  }
}

/** Which provider, what it said, and what to do. */
function sentenceOf(detail: UpstreamFaultDetail, who: string, ownKey: boolean) {
  const { failure, httpStatus, providerMessage } = detail;
  const [what, usual] = ownKey && failure === 'CREDENTIAL' ? ownKeyRefused : sentences[failure];
  const { advice = usual } = detail;
  const status = httpStatus === undefined || httpStatus === 200 ? '' : ` (status ${httpStatus})`;
  const said = providerMessage ? ` It said: ${providerMessage}` : '';
  return `${who} ${what}${status}.${said}${said && !/[.!?…]$/.test(said) ? '.' : ''} ${advice}`;
}

const ownKeyRefused = [
  "refused your organization's own key",
  'Give it anew, or allow the fallback to the platform.',
] as const;

const codes: Record<UpstreamFailure, FaultCode> = {
  CONNECT: 'UPSTREAM_FAILED',
  TLS: 'UPSTREAM_FAILED',
  CONNECT_TIMEOUT: 'UPSTREAM_TIMEOUT',
  FIRST_CONTENT_TIMEOUT: 'UPSTREAM_TIMEOUT',
  IDLE_TIMEOUT: 'UPSTREAM_TIMEOUT',
  TOTAL_TIMEOUT: 'UPSTREAM_TIMEOUT',
  STATUS: 'UPSTREAM_FAILED',
  RATE_LIMITED: 'RATE_LIMITED',
  OVERLOADED: 'UPSTREAM_FAILED',
  CREDENTIAL: 'UPSTREAM_FAILED',
  UNKNOWN_MODEL: 'UPSTREAM_FAILED',
  CALLER: 'INVALID_INPUT',
  UNSAID: 'INVALID_INPUT',
  CONTEXT_LENGTH: 'CONTEXT_LENGTH_EXCEEDED',
  CONTENT_POLICY: 'CONTENT_FILTERED',
  CONTENT_TYPE: 'UPSTREAM_FAILED',
  MALFORMED: 'UPSTREAM_FAILED',
  EXCESS: 'UPSTREAM_FAILED',
  CUT: 'UPSTREAM_FAILED',
  MODEL_ERRED: 'UPSTREAM_FAILED',
  ERROR_IN_BODY: 'UPSTREAM_FAILED',
};

const again = 'Try again, or allow another provider.';
const operator = 'Only the operator can mend that; another provider may serve the model.';

const sentences: Record<UpstreamFailure, readonly [what: string, advice: string]> = {
  CONNECT: ['could not be reached', `${again} The operator should check its base URL.`],
  TLS: ['could not be reached securely', operator],
  CONNECT_TIMEOUT: ['could not be reached in time', again],
  FIRST_CONTENT_TIMEOUT: ['gave no content in time', again],
  IDLE_TIMEOUT: ['stopped sending in the middle of its answer', again],
  TOTAL_TIMEOUT: ['took longer than is allowed', 'Ask for a shorter answer, or stream it.'],
  STATUS: ['failed', again],
  RATE_LIMITED: ['limits the rate of requests', 'Wait a little, or allow another provider.'],
  OVERLOADED: ['is overloaded', again],
  CREDENTIAL: ["refused the platform's credential", operator],
  UNKNOWN_MODEL: ['does not know this model at its address', operator],
  CALLER: ['refused the request as invalid', 'Change what it names and send it again.'],
  UNSAID: [
    'cannot be told this request in its protocol',
    'Change what is named, or allow another provider.',
  ],
  CONTEXT_LENGTH: [
    "says that the prompt is longer than the model's context",
    'Shorten it, or name a model with a larger context in `fallbackModels`.',
  ],
  CONTENT_POLICY: [
    'refused the request by its content policy',
    'Change the prompt; it is not tried elsewhere.',
  ],
  CONTENT_TYPE: ['answered in a form that is not its protocol', operator],
  MALFORMED: ['sent something that cannot be read', again],
  EXCESS: ['sent far more than an answer can be', again],
  CUT: ['broke off without a proper end', again],
  MODEL_ERRED: ['could not read what its model wrote, a tool call or JSON', again],
  ERROR_IN_BODY: ['reported an error in its answer', again],
};
