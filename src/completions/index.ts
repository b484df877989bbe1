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
 * 6. An idempotency key is claimed in the database before anything is tried under it; an attempt
 *    uses it up.
 * 7. Another node's runs are read from that node, over the bus and encrypted (`nodes/`); if it does
 *    not answer, from the copy that it left in Redis.
 * 8. Prompts and answers are in no table, unless the organization keeps them, and then for as long
 *    as it chose.
 * 9. What a dead node ran without a copy is told by its id alone, to the credential that asked.
 *
 * Besides the steps of a run there are `input/` (requests, validated and normalised), `cost/` (what
 * a run may use and did use), `attempt/` (one try at one endpoint), `events/` (numbered, kept,
 * replayed), `runs/` (this node's runs, running and ended, and their viewers), `nodes/` (runs of
 * other nodes), `history/` (ended runs in the database) and `feed/` (starts and ends, as they
 * happen).
 */
export type {
  Completion,
  CompletionStatus,
  Content,
  FinishReason,
  ToolCallResult,
  Usage,
} from './completion.ts';
export { blankCompletion, noUsage } from './completion.ts';
export type { Completions, Started, StartOptions } from './completions.ts';
export { ConnectionLost } from './completions.ts';
export { coverOf } from './cost/cover.ts';
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
export type { CompletionsQuestion } from './history/list.ts';
export type { EmbedInput } from './input/embed-input.ts';
export type {
  CompletionInput,
  ContentPartInput,
  MessageInput,
  PlanInput,
  ProviderPreferencesInput,
  ReasoningInput,
  ResponseFormatInput,
  ToolInput,
} from './input/input.ts';
export { openCompletions } from './open.ts';
export { planRoute } from './plan.ts';
export type { Observer, Rooms } from './rooms.ts';
