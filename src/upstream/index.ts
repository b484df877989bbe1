/**
 * upstream: talks to providers. It owns the wire protocols, the connections and their time-outs,
 * and the sandbox that plays providers. It refuses to know prices, routing or callers: one call is
 * one attempt at one address.
 *
 * 1. An attempt ends properly, with a finish as its last event, or throws an `UpstreamFault`, or
 *    the abort's reason. Events are handed over on the event-loop turn on which they were read, or
 *    at the end of a window that the call sets; what had come is handed over before it is ended.
 * 2. A cut, a stall, a missing end mark, a malformed chunk never look like a proper end.
 * 3. Heartbeats and empty chunks yield nothing; no batch is empty.
 * 4. An abort closes the connection at once, in every phase.
 * 5. While the receiver is busy, the socket is paused: memory is bounded whatever a provider sends.
 * 6. A provider's message reaches a caller without credentials, in at most 500 characters.
 */
export { cachedBeginning, keptForAnHour } from './cache-marks.ts';
export {
  type AttemptTimeouts,
  type CacheMarked,
  type ChatMessage,
  type ChatRequest,
  type Connector,
  type ContentPart,
  defaultTimeouts,
  isContent,
  type OutputModality,
  type ReasoningOptions,
  type ResponseFormat,
  type TakeBatch,
  type ToolCall,
  type ToolDefinition,
  type UpstreamCall,
  type UpstreamEvent,
  type UpstreamFinish,
  type UpstreamTarget,
  type UpstreamUsage,
} from './connector.ts';
export { connectorNames, openConnectors, unsaid } from './connectors.ts';
export { openAiCompatible } from './openai-compatible.ts';
export { partBound, promptBound } from './prompt-bound.ts';
export type { ProviderQuota, TokenQuota } from './quota.ts';
export { openSandbox, type Sandbox } from './sandbox/sandbox.ts';
export { addThought, claudeFormat, plainThought, wholeThoughts } from './thoughts.ts';
export { type Tokenizer, tokenizerOf } from './tokenizers.ts';
export { countTokens } from './tokens.ts';
export { type UpstreamFailure, UpstreamFault, type UpstreamFaultDetail } from './upstream-fault.ts';
