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
 *
 * Beside the steps of a run stand `input/` (what is asked, checked and normalised), `cost/` (what
 * it may and did use), `attempt/` (one endpoint's try), `events/` (numbered, kept, replayed),
 * `runs/` (those of this node, running and ended, and who views them), `nodes/` (those of others),
 * `history/` (what the database tells of ended ones) and `feed/` (starts and ends, told).
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
export type { CostEstimate, EstimateInput } from './cost/estimate.ts';
export type {
  CompletionEvent,
  CompletionFailed,
  CompletionFinished,
  CompletionStarted,
  ReasoningDelta,
  RouteChanged,
  TextDelta,
  ToolCallDelta,
} from './events/events.ts';
export type { CompletionsQuestion, CompletionsSlice } from './history/list.ts';
export type { EmbedInput } from './input/embed-input.ts';
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
} from './input/input.ts';
export { openCompletions } from './open.ts';
export type { Observer, Rooms } from './rooms.ts';
