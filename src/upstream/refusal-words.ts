import type { UpstreamFailure } from './upstream-fault.ts';

interface Words {
  readonly failure: UpstreamFailure;
  /** The provider's `code` or `type`, in lower case. */
  readonly codes: readonly string[];
  /** Its sentence, for services that give no code. */
  readonly sentences: readonly RegExp[];
}

/** Asked in this order; each from the documented errors of at least one service. */
const words: readonly Words[] = [
  {
    // Groq, which refuses with a 400 what its own model wrote.
    failure: 'MODEL_ERRED',
    codes: ['tool_use_failed', 'json_validate_failed'],
    sentences: [],
  },
  {
    failure: 'CONTEXT_LENGTH',
    codes: ['context_length_exceeded', 'context_window_exceeded', 'exceed_context_size_error'],
    sentences: [
      /maximum (context|prompt|input) length/i,
      /(exceed|larger|longer|beyond|than).{0,60}context (window|size|limit|length)/i,
      /prompt is too long|input is too long|too large for model/i,
      /input token count .{0,40}exceeds/i,
      /reduce the length of the (messages|prompt|input)/i,
      /total number of tokens .{0,40}exceed/i,
    ],
  },
  {
    failure: 'CONTENT_POLICY',
    codes: [
      'content_filter',
      'content_policy_violation',
      'moderation_blocked',
      'data_inspection_failed',
      'sensitive_words_detected',
      'invalid_prompt',
    ],
    sentences: [
      /content management policy|content[ _]policy|usage (policy|policies|guidelines)/i,
      /\bflagged (as|for|by)\b|safety (system|guidelines|check)/i,
    ],
  },
  {
    failure: 'CREDENTIAL',
    codes: [
      'invalid_api_key',
      'api_key_invalid',
      'authentication_error',
      'permission_error',
      'account_deactivated',
      'billing_not_active',
      'insufficient_quota',
      'insufficient_balance',
    ],
    sentences: [
      /api key (not valid|expired|is invalid)|(incorrect|invalid) api key/i,
      /insufficient (balance|quota|credits?)|credit balance is too low/i,
      // Google, of the place where the platform stands.
      /user location is not supported/i,
    ],
  },
  {
    failure: 'UNKNOWN_MODEL',
    codes: [
      'model_not_found',
      'model_not_available',
      'model_decommissioned',
      'model_not_active',
      'invalid_model',
      'deploymentnotfound',
    ],
    sentences: [
      /model .{0,80}(not exist|not found|has been decommissioned)/i,
      /model identifier is invalid|^invalid model\b|^models?[:/]/i,
      // Bedrock: the model is served through an inference profile alone.
      /on-demand throughput isn[’']t supported/i,
    ],
  },
  {
    failure: 'RATE_LIMITED',
    codes: ['rate_limit_exceeded', 'rate_limit_error', 'too_many_requests', 'resource_exhausted'],
    sentences: [/rate limit (reached|exceeded)|too many requests/i],
  },
  {
    failure: 'OVERLOADED',
    codes: ['overloaded', 'overloaded_error', 'server_overloaded', 'capacity_exceeded'],
    sentences: [/\boverloaded\b|at capacity/i],
  },
];

/** What the provider's own words say about a refusal; undefined when they say nothing known. */
export function failureToldBy(
  codes: readonly string[],
  message: string,
): UpstreamFailure | undefined {
  return words.find(
    (entry) =>
      codes.some((code) => entry.codes.includes(code.toLowerCase())) ||
      entry.sentences.some((sentence) => sentence.test(message)),
  )?.failure;
}
