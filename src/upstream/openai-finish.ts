import type { UpstreamFinish } from './connector.ts';
import type { UpstreamFailure } from './upstream-fault.ts';

/**
 * The words of OpenAI and of services that pass their own model server's words on; compared in
 * lower case.
 */
const words: Readonly<Record<UpstreamFinish['unified'], readonly string[]>> = {
  STOP: ['stop', 'end_turn', 'eos', 'eos_token', 'stop_sequence', 'complete', 'completed', 'end'],
  LENGTH: [
    'length',
    'max_tokens',
    'model_length',
    'max_output_tokens',
    'model_context_window',
    'model_context_window_exceeded',
  ],
  TOOL_CALLS: ['tool_calls', 'function_call', 'tool_use', 'tool_call'],
  CONTENT_FILTER: [
    'content_filter',
    'safety',
    'recitation',
    'refusal',
    'blocklist',
    'prohibited_content',
    'spii',
    'sensitive',
    'guardrail_intervened',
  ],
};

const unified: ReadonlyMap<string, UpstreamFinish['unified']> = new Map(
  Object.entries(words).flatMap(([reason, raws]) =>
    raws.map((raw) => [raw, reason as UpstreamFinish['unified']] as const),
  ),
);

/** Words that stand where a reason should, but tell that the answer failed. */
const failures: ReadonlyMap<string, UpstreamFailure> = new Map([
  ['error', 'ERROR_IN_BODY'],
  ['abort', 'CUT'],
  ['network_error', 'CUT'],
  // Cohere.
  ['timeout', 'CUT'],
  // Bedrock and Google: what the model wrote is no answer, and most of it was kept from us.
  ['malformed_model_output', 'MODEL_ERRED'],
  ['malformed_tool_use', 'MODEL_ERRED'],
  ['malformed_function_call', 'MODEL_ERRED'],
  ['unexpected_tool_call', 'MODEL_ERRED'],
  // Google: a turn of the request lacks what only Google gave and wants back.
  ['missing_thought_signature', 'UNSAID'],
  // DeepSeek: the request was interrupted for want of capacity.
  ['insufficient_system_resource', 'OVERLOADED'],
]);

/** It is kept with the completion, and no service's word for an end is near this. */
const rawCharactersMax = 100;

/**
 * An answer that calls tools ends by TOOL_CALLS, also where the provider says `stop` (OpenAI does
 * when the tool was named in the request). An unknown word is a stop: the provider did end its
 * answer.
 */
export function readFinish(raw: string, callsTools: boolean): UpstreamFinish {
  const reason = unified.get(raw.toLowerCase()) ?? 'STOP';
  return {
    unified: reason === 'STOP' && callsTools ? 'TOOL_CALLS' : reason,
    raw: raw.slice(0, rawCharactersMax),
  };
}

/** The failure that a finish reason stands for; undefined when it is an end. */
export function failureOfFinish(raw: string): UpstreamFailure | undefined {
  return failures.get(raw.toLowerCase());
}
