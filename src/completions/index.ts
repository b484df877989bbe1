/**
 * completions: one completion from admission to settlement. Owns the runs of this node, their
 * events and their lifecycle, and the table `completion_content`; refuses to know GraphQL and HTTP.
 *
 * 1. A run that was admitted is settled, whatever happens (`finally`).
 * 2. The first of upstream end, cancel, revocation, budget, time-out and shutdown decides the
 *    outcome.
 * 3. Events are numbered once, 1…n without a gap; exactly one of them is the last.
 * 4. An attempt that gave content is never repeated unasked; one that gave none costs the caller
 *    nothing.
 * 5. The last event of an answer is sent after its charge is durable.
 * 6. A key is claimed in the database before anything is tried under it; what was tried uses it up.
 * 7. What runs on another node is asked of that node, over the bus and sealed (`nodes/`); where it
 *    does not answer, its copy tells what was said.
 * 8. What was said is in no table, unless the organization keeps it; then as long as it says.
 */
export type {
  Completion,
  CompletionStatus,
  Content,
  FinishReason,
  ToolCallResult,
  Usage,
} from './completion.ts';
export { noUsage } from './completion.ts';
export type { Completions, Embedding, Started, StartOptions } from './completions.ts';
export { ConnectionLost } from './completions.ts';
export type { EmbedInput } from './embed-input.ts';
export type { CostEstimate, EstimateInput } from './estimate.ts';
export type {
  CompletionEvent,
  CompletionFailed,
  CompletionFinished,
  CompletionStarted,
  ReasoningDelta,
  RouteChanged,
  TextDelta,
  ToolCallDelta,
} from './events.ts';
export type {
  CompletionInput,
  ContentPartInput,
  MediaInput,
  MessageInput,
  ProviderPreferencesInput,
  ReasoningInput,
  ResponseFormatInput,
  ToolCallInput,
  ToolInput,
} from './input.ts';
export type { CompletionsQuestion, CompletionsSlice } from './list.ts';
export { openCompletions } from './open.ts';
export type { Observer, Rooms } from './rooms.ts';
